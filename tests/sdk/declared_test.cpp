// Declared streams, read and planned over a scripted API.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <tapster/declared.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;
using Unit = Incremental::Unit;

Time at(std::string_view text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}

json::object object(std::string_view text) {
  return json::parse(std::string(text)).as_object();
}

// A list of ids.
DeclaredStream items(Paginator paginator = SinglePage{}, RecordSelector records = {}) {
  return {.stream = {.name = "items", .key = {"id"}, .columns = {{"id", Type::integer, "/id"}}},
          .request = {.path = "/items"},
          .records = std::move(records),
          .paginator = std::move(paginator)};
}

// The same with a time, requested from a time on.
DeclaredStream timed(Paginator paginator = SinglePage{}, RecordSelector records = {}) {
  auto declared = items(std::move(paginator), std::move(records));
  declared.stream.columns.push_back({"at", Type::timestamp, "/at"});
  declared.stream.replication_key = "at";
  declared.incremental = Incremental{.start = at("2026-03-01T00:00:00Z"), .from = in_query("from")};
  return declared;
}

// Rows with these ids, "[{"id":1},{"id":2}]".
std::string rows(const std::vector<int>& ids) {
  std::string list;
  for (const auto id : ids) list += fmt::format(R"({}{{"id":{}}})", list.empty() ? "" : ",", id);
  return "[" + list + "]";
}

// Rows with ids and their seconds of noon.
std::string rows_at(const std::vector<std::pair<int, int>>& ids) {
  std::string list;
  for (const auto& [id, second] : ids)
    list +=
        fmt::format(R"({}{{"id":{},"at":"2026-03-02T12:00:{:02}Z"}})", list.empty() ? "" : ",", id, second);
  return "[" + list + "]";
}

HttpOptions options() {
  HttpOptions options;
  options.base_url = "https://api.example.com";
  return options;
}

json::value text_in(const json::object& response) {
  return response.at("text");
}

class Declared : public testing::Test {
 protected:
  // The responses of a target in turn; the last one is repeated. A target without a response is an error.
  void answer(const std::string& target, std::string body, int status = 200,
              std::vector<HttpResponse::Header> headers = {}) {
    answers_[target].push_back({.status = status, .body = std::move(body), .headers = std::move(headers)});
  }

  // Removes all responses.
  void forget() { answers_.clear(); }

  SourceStream declare(DeclaredStream declared) {
    return tapster::declare(fake_.host(), client_, std::move(declared));
  }

  // Reads a slice. Returns the error's message; empty on success.
  std::string read(DeclaredStream declared, std::string_view slice = "{}") {
    pushed_.clear();
    requests_.clear();
    sent_.clear();
    const auto stream = declare(std::move(declared));
    if (stream.failure) return "mistake: " + stream.failure->message;
    const auto projection = *Projection::create(stream.stream, {});
    Records records(pushed_.sink());
    const auto read = stream.read({projection, object(slice)}, records);
    return read ? "" : read.error().message;
  }
  std::vector<int64_t> ids() const {
    std::vector<int64_t> ids;
    for (const auto& row : pushed_.objects()) ids.push_back(row.at("id").as_int64());
    return ids;
  }

  // The slices, and then the error's message if there is one.
  Texts plan(DeclaredStream declared, std::string_view state = "{}") {
    Pushed pushed;
    Slices slices(pushed.sink());
    const auto stream = declare(std::move(declared));
    const auto planned = stream.plan({object(state), {}, {}}, slices);
    Texts texts;
    for (const auto& slice : pushed.objects()) texts.push_back(json::serialize(slice));
    if (!planned) texts.push_back(planned.error().message);
    return texts;
  }

  FakeHost fake_;
  Pushed pushed_;
  Texts requests_;  // targets
  std::vector<HttpRequest> sent_;

 private:
  Result<HttpResponse> respond(const HttpRequest& request, const std::string& url) {
    requests_.push_back(url.substr(std::string_view("https://api.example.com").size()));
    sent_.push_back(request);
    auto& answers = answers_[requests_.back()];
    if (answers.empty()) return internal_error("the script has no response");
    auto response = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return response;
  }

  std::map<std::string, std::deque<HttpResponse>> answers_;
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(
      fake_.host(), options(),
      [this](const HttpRequest& request, const std::string& url) { return respond(request, url); });
};

constexpr std::string_view a_window = R"({"from":"2026-03-02T12:00:00Z","to":"2026-03-02T12:01:00Z"})";

// ---- Paginators

TEST_F(Declared, EachPaginatorReadsAllPages) {
  struct Case {
    const char* what;
    DeclaredStream declared;
    std::vector<std::pair<std::string, std::string>> answers;  // in the order of the requests
    size_t ids;                                                // 1, 2, …
  };
  const RecordSelector counted{.records = "/items", .total = "/total"};
  const RecordSelector data{.records = "/data"};
  for (const auto& [what, declared, answers, count] : std::vector<Case>{
           {"one page", items(), {{"/items", rows({1, 2})}}, 2},
           {"one object", items(), {{"/items", R"({"id":1})"}}, 1},
           {"an offset, and a page that is not full",
            items(OffsetPages{.size = 2}),
            {{"/items?limit=2&offset=0", rows({1, 2})},
             {"/items?limit=2&offset=2", rows({3, 4})},
             {"/items?limit=2&offset=4", rows({5})},
             {"/items?limit=2&offset=5", rows({})}},
            5},
           {"an offset, and an empty page",
            items(OffsetPages{.size = 2}),
            {{"/items?limit=2&offset=0", rows({1, 2})}, {"/items?limit=2&offset=2", rows({})}},
            2},
           {"an offset, and pages smaller than requested",
            items(OffsetPages{.size = 9}),
            {{"/items?limit=9&offset=0", rows({1, 2})},
             {"/items?limit=9&offset=2", rows({3, 4})},
             {"/items?limit=9&offset=4", rows({})}},
            4},
           {"an offset, and no rows", items(OffsetPages{.size = 2}), {{"/items?limit=2&offset=0", rows({})}}, 0},
           {"an offset, and no limit",
            items(OffsetPages{.size = 2, .offset = in_query("skip"), .limit = std::nullopt}),
            {{"/items?skip=0", rows({1, 2})}, {"/items?skip=2", rows({})}},
            2},
           {"an offset, and a total",
            items(OffsetPages{.size = 2}, counted),
            {{"/items?limit=2&offset=0", R"({"total":4,"items":[{"id":1},{"id":2}]})"},
             {"/items?limit=2&offset=2", R"({"total":4,"items":[{"id":3},{"id":4}]})"}},
            4},
           {"numbers",
            items(NumberedPages{.size = 2}),
            {{"/items?per_page=2&page=1", rows({1, 2})},
             {"/items?per_page=2&page=2", rows({3})},
             {"/items?per_page=2&page=3", rows({})}},
            3},
           {"numbers from zero",
            items(NumberedPages{.size = 2, .first = 0}),
            {{"/items?per_page=2&page=0", rows({1, 2})}, {"/items?per_page=2&page=1", rows({})}},
            2},
           {"numbers, and a total",
            items(NumberedPages{.size = 2}, counted),
            {{"/items?per_page=2&page=1", R"({"total":3,"items":[{"id":1},{"id":2}]})"},
             {"/items?per_page=2&page=2", R"({"total":3,"items":[{"id":3}]})"}},
            3},
           {"a cursor until it is null",
            items(CursorPages{.from = "/next"}, data),
            {{"/items", R"({"data":[{"id":1}],"next":"a b"})"},
             {"/items?cursor=a%20b", R"({"data":[],"next":7})"},
             {"/items?cursor=7", R"({"data":[{"id":2}],"next":null})"}},
            2},
           {"a cursor until it is absent",
            items(CursorPages{.from = "/meta/next", .to = in_query("after")}, data),
            {{"/items", R"({"meta":{"next":"b"},"data":[{"id":1}]})"}, {"/items?after=b", R"({"data":[{"id":2}]})"}},
            2},
           {"a cursor until it is empty",
            items(CursorPages{.from = "/next"}, data),
            {{"/items", R"({"data":[{"id":1}],"next":""})"}},
            1},
           {"a cursor until the last page",
            items(CursorPages{.from = "/next", .has_more = "/more"}, data),
            {{"/items", R"({"data":[{"id":1}],"next":"a","more":true})"},
             {"/items?cursor=a", R"({"data":[{"id":2}],"next":"b","more":false})"}},
            2},
           {"URLs",
            items(NextUrlPages{.from = "/next"}, data),
            {{"/items", R"({"data":[{"id":1}],"next":"https://api.example.com/items?p=2"})"},
             {"/items?p=2", R"({"data":[{"id":2}],"next":"/v2/items?p=3"})"},
             {"/v2/items?p=3", R"({"data":[{"id":3}],"next":null})"}},
            3},
           {"a function",
            items(PageFunction([](const HttpResponse& response, const Page& page) -> Result<std::optional<NextPage>> {
                    EXPECT_FALSE(response.status != 200);
                    if (page.values[0] == "end") return std::optional<NextPage>();
                    return NextPage{{{in_query("p"), json::string(*page.values[0])}}, {}};
                  }),
                  {.records = "/data", .values = {"/p"}}),
            {{"/items", R"({"data":[{"id":1}],"p":"x"})"}, {"/items?p=x", R"({"data":[{"id":2}],"p":"end"})"}},
            2},
           {"a map",
            [] {
              auto map = items(SinglePage{}, {.records = "/data", .map_key = "name"});
              map.stream.columns.push_back({"name", Type::string});
              return map;
            }(),
            {{"/items", R"({"data":{"a":{"id":1},"b":{"id":2}}})"}},
            2}}) {
    Texts targets;
    for (const auto& [target, body] : answers) {
      answer(target, body);
      targets.push_back(target);
    }
    EXPECT_EQ(read(declared), "") << what;
    EXPECT_EQ(requests_, targets) << what;
    std::vector<int64_t> expected;
    for (size_t id = 1; id <= count; ++id) expected.push_back(static_cast<int64_t>(id));
    EXPECT_EQ(ids(), expected) << what;
    forget();
  }
}

TEST_F(Declared, HeadersLeadToTheNextPage) {
  answer("/items", rows({1}), 200, {{"link", R"(<https://api.example.com/items?p=2>; rel="next")"}});
  answer("/items?p=2", rows({2}), 200, {{"link", R"(</items?p=3>; rel="next", </items>; rel="first")"}});
  answer("/items?p=3", rows({3}), 200, {{"link", R"(</items>; rel="first")"}});
  EXPECT_EQ(read(items(LinkPages{})), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 3}));
  forget();
  answer("/items", rows({1}), 200, {{"x-next", "a"}});
  answer("/items?cursor=a", rows({2}));
  EXPECT_EQ(read(items(CursorPages{.from_header = "x-next"})), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2}));
}

TEST_F(Declared, ACursorGoesToItsPlace) {
  for (const auto& [place, expected] : std::vector<std::pair<Place, std::string>>{
           {in_header("X-Cursor"), "X-Cursor: a|"},
           {in_body("/page/cursor"), R"(Content-Type: application/json|{"page":{"cursor":"a"}})"},
           {in_form("cursor"), "Content-Type: application/x-www-form-urlencoded|cursor=a"}}) {
    auto declared = items(CursorPages{.from = "/next", .to = place}, {.records = "/data"});
    declared.request.method = Method::post;
    answer("/items", R"({"data":[{"id":1}],"next":"a"})");
    answer("/items", R"({"data":[{"id":2}]})");
    EXPECT_EQ(read(declared), "");
    ASSERT_EQ(sent_.size(), 2U);
    EXPECT_EQ(sent_[0].headers.size() + sent_[0].body.size(), 0U);
    ASSERT_EQ(sent_[1].headers.size(), 1U);
    EXPECT_EQ(sent_[1].headers[0] + "|" + sent_[1].body, expected);
    forget();
  }
}

TEST_F(Declared, A404AfterTheFirstPageEndsTheListIfTheApiSaysSo) {
  answer("/items?per_page=2&page=1", rows({1, 2}));
  answer("/items?per_page=2&page=2", "{}", 404);
  EXPECT_EQ(read(items(NumberedPages{.size = 2})),
            "https://api.example.com/items?per_page=2&page=2: HTTP 404");
  EXPECT_EQ(read(items(NumberedPages{.size = 2, .ends_with_404 = true})), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2}));
  forget();
  answer("/items?per_page=2&page=1", "{}", 404);
  EXPECT_EQ(read(items(NumberedPages{.size = 2})),
            "https://api.example.com/items?per_page=2&page=1: HTTP 404");
}

TEST_F(Declared, PagesThatLeadNowhereAreErrors) {
  struct Case {
    DeclaredStream declared;
    std::vector<std::pair<std::string, std::string>> answers;
    std::string expected;
  };
  const RecordSelector data{.records = "/data"};
  for (const auto& [declared, answers, expected] : std::vector<Case>{
           {items(NumberedPages{.size = 2}),
            {{"/items?per_page=2&page=1", rows({1, 2})}, {"/items?per_page=2&page=2", rows({1, 2})}},
            "/items?per_page=2&page=2: the page has the same rows as a page before it: the API or a cache "
            "ignores "
            "the parameter of the page"},
           {items(CursorPages{.from = "/next"}, data),
            {{"/items", R"({"data":[],"next":"a"})"},
             {"/items?cursor=a", R"({"data":[],"next":"b"})"},
             {"/items?cursor=b", R"({"data":[],"next":"a"})"}},
            "/items?cursor=b: the next page was read before: its cursor or URL repeats"},
           {items(CursorPages{.from = "/next", .has_more = "/more"}, data),
            {{"/items", R"({"data":[{"id":1}],"next":null,"more":true})"}},
            "https://api.example.com/items: /more says that there are more records, but the response has no "
            "cursor"},
           {items(PageFunction([](const HttpResponse&, const Page&) -> Result<std::optional<NextPage>> {
              return std::optional(NextPage());
            })),
            {{"/items", rows({1})}},
            "https://api.example.com/items: the paginator's function returned a next page without a place"},
           {items(NextUrlPages{.from = "/next"}, data),
            {{"/items", R"({"data":[{"id":1}],"next":"https://evil.example/items"})"}},
            "a response leads to https://evil.example, which is not requested: the credential is for "
            "https://api.example.com only"},
           {items(NextUrlPages{.from = "/next"}, data),
            {{"/items", R"({"data":[{"id":1}],"next":"//evil.example/items"})"}},
            "a response leads to something that is not a URL, which is not requested: the credential is for "
            "https://api.example.com only"},
           {items(PageFunction([](const HttpResponse&, const Page&) -> Result<std::optional<NextPage>> {
              return source_error("no page");
            })),
            {{"/items", rows({1})}},
            "https://api.example.com/items: no page"},
           {items(OffsetPages{.size = 2, .reachable = 4}, {.records = "/items", .total = "/total"}),
            {{"/items?limit=2&offset=0", R"({"total":9,"items":[{"id":1},{"id":2}]})"}},
            "/items: the list has 9 rows, but the API shows at most 4 rows"}}) {
    for (const auto& [target, body] : answers) answer(target, body);
    EXPECT_EQ(read(declared), expected);
    EXPECT_EQ(requests_.size(), answers.size()) << expected;
    forget();
  }
}

// Two caches that take turns would never end.
TEST_F(Declared, APageThatRepeatsAnEarlierOneIsAnError) {
  answer("/items?limit=1&offset=0", rows({1}));
  answer("/items?limit=1&offset=1", rows({2}));
  answer("/items?limit=1&offset=2", rows({1}));
  EXPECT_NE(read(items(OffsetPages{.size = 1})).find("the page has the same rows as a page before it"),
            std::string::npos);
}

// Only a body has numbers. Digits that do not fit an integer stay a text.
TEST_F(Declared, ACursorThatIsANumberStaysOne) {
  for (const auto& [next, expected] : std::vector<std::pair<std::string, std::string>>{
           {"7", "7"},
           {"\"7\"", "\"7\""},
           {"18446744073709551615", "18446744073709551615"},
           {"18446744073709551616", "\"18446744073709551616\""}}) {
    auto declared = items(CursorPages{.from = "/next", .to = in_body("/cursor")}, {.records = "/data"});
    declared.request.method = Method::post;
    answer("/items", R"({"data":[{"id":1}],"next":)" + next + "}");
    answer("/items", R"({"data":[{"id":2}]})");
    EXPECT_EQ(read(declared), "");
    ASSERT_EQ(sent_.size(), 2U);
    EXPECT_EQ(sent_[1].body, R"({"cursor":)" + expected + "}");
    forget();
  }
  answer("/items", R"({"data":[{"id":1}],"next":1.50})");
  answer("/items?cursor=1.50", R"({"data":[{"id":2}]})");
  EXPECT_EQ(read(items(CursorPages{.from = "/next"}, {.records = "/data"})), "");
}

TEST_F(Declared, EmptyPagesWithEverNewCursorsEnd) {
  int number = 0;
  const auto endless = PageFunction([&](const HttpResponse&, const Page&) -> Result<std::optional<NextPage>> {
    ++number;
    answer("/items?cursor=" + std::to_string(number), "[]");
    return std::optional(NextPage{{{in_query("cursor"), number}}, {}});
  });
  answer("/items", "[]");
  EXPECT_NE(read(items(endless)).find("101 pages in a row have no records"), std::string::npos);
}

TEST_F(Declared, ALinkMayBeInAnyOfTheHeaders) {
  answer("/items", rows({1}), 200,
         {{"link", "</style>; rel=preload"}, {"link", "</items?p=2>; rel=\"Next\""}});
  answer("/items?p=2", rows({2}));
  EXPECT_EQ(read(items(LinkPages{})), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2}));
}

// A cap of the first request only: later ones have rows before them.
TEST_F(Declared, AnErrorAfterTheFirstPageDoesNotMeanEmpty) {
  auto declared = items(NumberedPages{.size = 1});
  declared.means_empty = [](const Error& error, const json::object&) { return error.http_status == 410; };
  answer("/items?per_page=1&page=1", "{}", 410);
  EXPECT_EQ(read(declared), "");
  forget();
  answer("/items?per_page=1&page=1", rows({1}));
  answer("/items?per_page=1&page=2", "{}", 410);
  EXPECT_NE(read(declared), "");
}

TEST_F(Declared, AnIdIsRequestedWithoutTheEscapesOfItsJson) {
  auto declared = items(SinglePage{});
  declared.stream.columns[0].type = Type::string;
  declared.details = Details{.request = {.path = "/items/{id}"}};
  answer("/items", R"([{"id":"a\"b"}])");
  answer("/items/a%22b", R"({"id":"a\"b"})");
  EXPECT_EQ(read(declared), "");
  EXPECT_EQ(pushed_.lines(), "{\"id\":\"a\\\"b\"}\n");
}

TEST_F(Declared, TheUpperBoundOfDaysCoversTheWindow) {
  for (const auto& [includes, to] : {std::pair(false, "2026-03-03"), std::pair(true, "2026-03-02")}) {
    auto declared = timed();
    declared.incremental->format = Incremental::Format::day;
    declared.incremental->to = in_query("to");
    declared.incremental->includes_to = includes;
    answer(std::string("/items?from=2026-03-02&to=") + to, rows_at({}));
    EXPECT_EQ(read(declared, a_window), "");
    forget();
  }
}

TEST_F(Declared, ALowerBoundThatTheApiExcludesIsASecondEarlier) {
  auto declared = timed();
  declared.incremental->excludes_from = true;
  answer("/items?from=2026-03-02T11:59:59Z", rows_at({}));
  EXPECT_EQ(read(declared, a_window), "");
}

// ---- Keyset pages

TEST_F(Declared, AKeysetPageStartsAtTheNewestTimeOfTheOneBefore) {
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2", rows_at({{1, 1}, {2, 2}}));
  answer("/items?from=2026-03-02T12:00:02Z&per_page=2", rows_at({{2, 2}, {3, 3}}));
  answer("/items?from=2026-03-02T12:00:03Z&per_page=2", rows_at({{3, 3}}));
  answer("/items?from=2026-03-02T12:00:03Z&per_page=2&page=2", rows_at({}));
  EXPECT_EQ(read(timed(KeysetPages{.size = 2}), a_window), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 3}));
}

TEST_F(Declared, AKeysetListOfOneRowIsComplete) {
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2", rows_at({{1, 1}}));
  answer("/items?from=2026-03-02T12:00:01Z&per_page=2", rows_at({{1, 1}}));
  answer("/items?from=2026-03-02T12:00:01Z&per_page=2&page=2", rows_at({}));
  EXPECT_EQ(read(timed(KeysetPages{.size = 2}), a_window), "");
  EXPECT_EQ(ids(), std::vector<int64_t>{1});
}

TEST_F(Declared, AKeysetPageOfOneTimeIsFollowedByNumber) {
  const std::string first = "/items?from=2026-03-02T12:00:00Z&per_page=2";
  const std::string same = "/items?from=2026-03-02T12:00:01Z&per_page=2";
  answer(first, rows_at({{1, 1}, {2, 1}}));
  answer(same, rows_at({{1, 1}, {2, 1}}));
  // A row vanishes meanwhile, so the third moves to a page that was read before.
  answer(same, rows_at({{2, 1}, {3, 1}}));
  answer(same + "&page=2", rows_at({{4, 1}}));
  answer(same + "&page=3", rows_at({}));
  EXPECT_EQ(read(timed(KeysetPages{.size = 2}), a_window), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 4, 3}));
}

TEST_F(Declared, AKeysetRowThatChangesIsEmittedAgain) {
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2", rows_at({{1, 1}, {2, 2}}));
  answer("/items?from=2026-03-02T12:00:02Z&per_page=2", rows_at({{2, 3}}));
  answer("/items?from=2026-03-02T12:00:03Z&per_page=2", rows_at({}));
  EXPECT_EQ(read(timed(KeysetPages{.size = 2}), a_window), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 2}));
}

TEST_F(Declared, AKeysetListEndsAtTheEndOfTheWindow) {
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2",
         R"([{"id":1,"at":"2026-03-02T12:00:05Z"},{"id":2,"at":"2026-03-02T12:01:00Z"}])");
  EXPECT_EQ(read(timed(KeysetPages{.size = 2}), a_window), "");
  EXPECT_EQ(ids(), std::vector<int64_t>{1});
}

TEST_F(Declared, AKeysetListThatIsNotSortedOrIgnoresThePageIsAnError) {
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2", rows_at({{1, 2}, {2, 1}}));
  EXPECT_NE(read(timed(KeysetPages{.size = 2}), a_window).find("the rows are not sorted by at, oldest first"),
            std::string::npos);
  forget();
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2", rows_at({{1, 0}, {2, 0}}));
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2&page=2", rows_at({{1, 0}, {2, 0}}));
  EXPECT_NE(read(timed(KeysetPages{.size = 2}), a_window)
                .find("the API or a cache ignores the parameter of the page"),
            std::string::npos);
}

// ---- Bounds

TEST_F(Declared, TheBoundsOfASliceGoIntoTheRequest) {
  struct Case {
    const char* what;
    std::function<void(Incremental&)> change;
    std::string target, header, body;
  };
  for (const auto& [what, change, target, header, body] : std::vector<Case>{
           {"by default", [](Incremental&) {}, "/items?from=2026-03-02T12:00:00Z", "", ""},
           {"both", [](Incremental& i) { i.to = in_query("to"); },
            "/items?from=2026-03-02T12:00:00Z&to=2026-03-02T12:01:00Z", "", ""},
           {"seconds", [](Incremental& i) { i.format = Incremental::Format::unix_seconds; },
            "/items?from=1772452800", "", ""},
           {"milliseconds", [](Incremental& i) { i.format = Incremental::Format::unix_milliseconds; },
            "/items?from=1772452800000", "", ""},
           {"a day",
            [](Incremental& i) {
              i.format = Incremental::Format::day;
              i.zone = "Pacific/Auckland";
            },
            "/items?from=2026-03-03", "", ""},
           {"a function", [](Incremental& i) { i.write = [](Time) { return json::value("then"); }; },
            "/items?from=then", "", ""},
           {"whole hours",
            [](Incremental& i) {
              i.to = in_query("to");
              i.granularity = 1h;
            },
            "/items?from=2026-03-02T12:00:00Z&to=2026-03-02T13:00:00Z", "", ""},
           {"a header", [](Incremental& i) { i.from = in_header("If-Modified-Since"); }, "/items",
            "If-Modified-Since: 2026-03-02T12:00:00Z", ""},
           {"a body",
            [](Incremental& i) {
              i.from = in_body("/filter/from");
              i.format = Incremental::Format::unix_seconds;
            },
            "/items", "Content-Type: application/json", R"({"filter":{"from":1772452800}})"}}) {
    auto declared = timed();
    declared.request.method = Method::post;
    change(*declared.incremental);
    answer(target, "[]");
    EXPECT_EQ(read(declared, a_window), "") << what;
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(requests_[0], target);
    EXPECT_EQ(sent_[0].headers, header.empty() ? Texts() : Texts{header}) << what;
    EXPECT_EQ(sent_[0].body, body) << what;
  }
}

TEST_F(Declared, TheBoundsOfDaysMayIncludeTheLast) {
  for (const auto& [includes_to, target] : std::vector<std::pair<bool, std::string>>{
           {true, "/items?from=2026-03-01&to=2026-03-04"}, {false, "/items?from=2026-03-01&to=2026-03-05"}}) {
    auto declared = timed();
    declared.stream.columns[1].type = Type::date;
    declared.incremental = Incremental{
        .unit = Unit::day, .from = in_query("from"), .to = in_query("to"), .includes_to = includes_to};
    answer(target, "[]");
    EXPECT_EQ(read(declared, R"({"from":"2026-03-01","to":"2026-03-04","next":"2026-03-05"})"), "");
    EXPECT_EQ(requests_, Texts{target});
  }
}

TEST_F(Declared, RowsOutsideTheWindowAreLeftOut) {
  answer("/items?from=2026-03-02T12:00:00Z",
         R"([{"id":1,"at":"2026-03-02T11:59:59.9999999Z"},{"id":2,"at":"2026-03-02T12:00:00Z"},
             {"id":3,"at":"2026-03-02T12:00:59.9999999Z"},{"id":4,"at":"2026-03-02T12:01:00Z"}])");
  EXPECT_EQ(read(timed(), a_window), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{2, 3}));
  forget();
  answer(
      "/items?from=2026-03-02T12:00:00Z&limit=9&offset=0",
      R"({"total":2,"items":[{"id":1,"at":"2026-03-02T11:00:00Z"},{"id":2,"at":"2026-03-02T12:00:00Z"}]})");
  EXPECT_EQ(read(timed(OffsetPages{.size = 9}, {.records = "/items", .total = "/total"}), a_window), "");
  EXPECT_EQ(ids(), std::vector<int64_t>{2});
}

TEST_F(Declared, ASliceOfAnotherFormIsAnError) {
  EXPECT_EQ(read(timed(), "{}"), "not a slice of times: {}");
}

// ---- Progress

DeclaredStream numbered_rows() {
  auto declared = items(CursorPages{.from = "/next"}, {.records = "/data"});
  declared.stream.replication_key = "id";
  declared.incremental = Incremental{.unit = Unit::integer, .from = in_query("after")};
  return declared;
}

TEST_F(Declared, IntegersReportTheGreatestThatWasRead) {
  answer("/items?after=5", R"({"data":[{"id":9},{"id":7}],"next":"a"})");
  // A response that breaks off reports nothing.
  answer("/items?after=5&cursor=a", R"({"data":[{"id":99},{"i)");
  answer("/items?after=5&cursor=a", R"({"data":[{"id":8}]})");
  EXPECT_EQ(read(numbered_rows(), R"({"after":5})"), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{9, 7, 8}));
  EXPECT_EQ(pushed_.progress(), R"({"after":5,"reached":9})");
  forget();
  answer("/items", R"({"data":[]})");
  EXPECT_EQ(read(numbered_rows()), "");
  EXPECT_EQ(pushed_.progress(), "") << "nothing new";
}

TEST_F(Declared, IntegersAreReportedOfPagesWithATotalToo) {
  auto declared = numbered_rows();
  declared.paginator = OffsetPages{.size = 2};
  declared.records.total = "/total";
  answer("/items?after=5&limit=2&offset=0", R"({"data":[{"id":6},{"id":7}],"total":3})");
  answer("/items?after=5&limit=2&offset=2", R"({"data":[{"id":8}],"total":3})");
  answer("/items?after=5&limit=2&offset=3", R"({"data":[],"total":3})");
  EXPECT_EQ(read(declared, R"({"after":5})"), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{6, 7, 8}));
  EXPECT_EQ(pushed_.progress(), R"({"after":5,"reached":8})");
}

TEST_F(Declared, TokensReportTheOneOfTheLastPage) {
  auto declared = items(CursorPages{.from = "/next"}, {.records = "/data"});
  declared.incremental =
      Incremental{.unit = Unit::token, .bookmark = "token", .from = in_query("since"), .token = "/token"};
  answer("/items?since=t0", R"({"data":[{"id":1}],"next":"a","token":"t1"})");
  answer("/items?since=t0&cursor=a", R"({"data":[{"id":2}],"token":"t2"})");
  EXPECT_EQ(read(declared, R"({"after":"t0"})"), "");
  EXPECT_EQ(pushed_.progress(), R"({"after":"t0","reached":"t2"})");
  EXPECT_EQ(plan(declared, R"({"token":"t2"})"), Texts{R"({"after":"t2"})"});
  const auto next = declare(declared).advance({}, object(pushed_.progress()));
  ASSERT_TRUE(next);
  EXPECT_EQ(json::serialize(*next), R"({"token":"t2"})");
}

TEST_F(Declared, AnExpiredTokenStartsFromTheBeginning) {
  auto declared = items(CursorPages{.from = "/next"}, {.records = "/data"});
  declared.incremental =
      Incremental{.unit = Unit::token, .bookmark = "token", .from = in_query("since"), .token = "/token"};
  answer("/items?since=t0", "{}", 410);
  answer("/items", R"({"data":[{"id":1}],"token":"t2"})");
  EXPECT_EQ(read(declared, R"({"after":"t0"})"), "");
  EXPECT_EQ(pushed_.progress(), R"({"after":"t0","reached":"t2"})");
  std::string warnings;
  for (const auto& line : fake_.logs()) {
    if (line.level == TAPSTER_LOG_WARNING) warnings += line.message + "\n";
  }
  EXPECT_TRUE(warnings.starts_with("items: its token has expired, so it is read from its start: "))
      << warnings;
  // The same error on a later page, or without a token, is an error.
  answer("/items?since=t1", R"({"data":[{"id":1}],"next":"a"})");
  answer("/items?since=t1&cursor=a", "{}", 410);
  EXPECT_NE(read(declared, R"({"after":"t1"})"), "");
  forget();
  answer("/items", "{}", 410);
  EXPECT_NE(read(declared), "");
  EXPECT_EQ(requests_.size(), 1U);
  declared.incremental->is_expired = [](const Error& error) { return error.http_status == 400; };
  answer("/items?since=t0", "{}", 410);
  EXPECT_NE(read(declared, R"({"after":"t0"})"), "");
}

// ---- Progress inside a slice

// A row goes before the progress only if all rows before it are covered.
TEST_F(Declared, KeysetPagesReportWhatEachPageCovers) {
  answer("/items?from=2026-03-02T12:00:00Z&per_page=3", rows_at({{1, 1}, {2, 2}, {3, 2}}));
  answer("/items?from=2026-03-02T12:00:02Z&per_page=3", rows_at({{2, 2}, {3, 2}, {4, 3}}));
  answer("/items?from=2026-03-02T12:00:03Z&per_page=3", rows_at({{4, 3}}));
  answer("/items?from=2026-03-02T12:00:03Z&per_page=3&page=2", rows_at({}));
  EXPECT_EQ(read(timed(KeysetPages{.size = 3}), a_window), "");
  const auto row = [](int id, int second) {
    return fmt::format("{{\"id\":{},\"at\":\"2026-03-02T12:00:{:02}.000000Z\"}}\n", id, second);
  };
  const auto progress = [](int second) {
    return fmt::format(
        "progress {{\"from\":\"2026-03-02T12:00:00Z\",\"to\":\"2026-03-02T12:01:00Z\",\"reached\":"
        "\"2026-03-02T12:00:{:02}Z\"}}\n",
        second);
  };
  EXPECT_EQ(pushed_.course(), row(1, 1) + progress(2) + row(2, 2) + row(3, 2) + progress(3) + row(4, 3) +
                                  "progress " + std::string(a_window) + "\n");
}

// The pages by number show a row of a later time, and are then read again.
TEST_F(Declared, KeysetPagesReportNoPositionThatIsPassed) {
  const std::string same = "/items?from=2026-03-02T12:00:01Z&per_page=2";
  answer("/items?from=2026-03-02T12:00:00Z&per_page=2", rows_at({{1, 1}, {2, 1}}));
  answer(same, rows_at({{1, 1}, {2, 1}}));
  answer(same + "&page=2", rows_at({{3, 1}, {4, 5}}));
  answer("/items?from=2026-03-02T12:00:05Z&per_page=2", rows_at({{4, 5}, {5, 6}}));
  answer("/items?from=2026-03-02T12:00:06Z&per_page=2", rows_at({{5, 6}}));
  answer("/items?from=2026-03-02T12:00:06Z&per_page=2&page=2", rows_at({}));
  EXPECT_EQ(read(timed(KeysetPages{.size = 2}), a_window), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  const auto place = [&](const char* text) { return pushed_.course().find(text); };
  EXPECT_LT(place("reached\":\"2026-03-02T12:00:01Z"), place("\"id\":1"));
  EXPECT_EQ(place("reached\":\"2026-03-02T12:00:05Z"), std::string::npos) << "row 4 was pushed before it";
  EXPECT_LT(place("\"id\":4"), place("reached\":\"2026-03-02T12:00:06Z"));
  EXPECT_LT(place("reached\":\"2026-03-02T12:00:06Z"), place("\"id\":5"));
}

TEST_F(Declared, AReadContinuesAtTheProgress) {
  const std::string slice =
      R"({"from":"2026-03-02T12:00:00Z","to":"2026-03-02T12:01:00Z","reached":"2026-03-02T12:00:02Z"})";
  answer("/items?from=2026-03-02T12:00:02Z&per_page=3", rows_at({{1, 1}, {2, 2}, {3, 3}}));
  answer("/items?from=2026-03-02T12:00:03Z&per_page=3", rows_at({}));
  EXPECT_EQ(read(timed(KeysetPages{.size = 3}), slice), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{2, 3})) << "and not what is before the progress";
  EXPECT_EQ(pushed_.progress(), a_window);
  const auto stream = declare(timed(KeysetPages{.size = 3}));
  EXPECT_EQ(json::serialize(*stream.advance({}, object(slice))), "{}") << "there would be a gap";
  EXPECT_EQ(json::serialize(*stream.advance({{"at", "2026-03-02T12:00:01Z"}}, object(slice))),
            R"({"at":"2026-03-02T12:00:02Z"})");
}

TEST_F(Declared, ASortedListReportsEachPage) {
  auto declared = timed(CursorPages{.from = "/next"}, {.records = "/data"});
  const std::string first = "/items?from=2026-03-02T12:00:00Z";
  answer(first, R"({"data":)" + rows_at({{1, 1}, {2, 2}}) + R"(,"next":"a"})");
  answer(first + "&cursor=a", R"({"data":)" + rows_at({{3, 2}, {4, 4}}) + R"(,"next":"b"})");
  answer(first + "&cursor=b", R"({"data":[],"next":"c"})");
  answer(first + "&cursor=c", R"({"data":)" + rows_at({{5, 4}}) + "}");
  EXPECT_EQ(read(declared, a_window), "");
  EXPECT_EQ(pushed_.course().find("progress"), std::string::npos) << "only if the order is declared";
  declared.incremental->oldest_first = true;
  EXPECT_EQ(read(declared, a_window), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  const auto place = [&](const char* text) { return pushed_.course().find(text); };
  EXPECT_LT(place("\"id\":1"), place("reached\":\"2026-03-02T12:00:02Z"));
  EXPECT_LT(place("reached\":\"2026-03-02T12:00:02Z"), place("\"id\":2"));
  EXPECT_LT(place("\"id\":3"), place("reached\":\"2026-03-02T12:00:04Z"));
  EXPECT_LT(place("reached\":\"2026-03-02T12:00:04Z"), place("\"id\":4"));
  EXPECT_EQ(pushed_.progress(), a_window);
}

TEST_F(Declared, ADeclaredOrderIsChecked) {
  auto declared = timed(CursorPages{.from = "/next"}, {.records = "/data"});
  declared.incremental->oldest_first = true;
  const std::string first = "/items?from=2026-03-02T12:00:00Z";
  const auto error = "the rows are not sorted by at, ascending: request that order";
  answer(first, R"({"data":)" + rows_at({{1, 2}, {2, 1}}) + "}");
  EXPECT_NE(read(declared, a_window).find(error), std::string::npos) << "inside a page";
  forget();
  answer(first, R"({"data":)" + rows_at({{1, 1}, {2, 3}}) + R"(,"next":"a"})");
  answer(first + "&cursor=a", R"({"data":)" + rows_at({{3, 2}}) + "}");
  EXPECT_NE(read(declared, a_window).find(error), std::string::npos) << "between pages";
  declared.incremental->unit = Unit::day;
  EXPECT_EQ(read(declared), "mistake: `oldest_first` is for bookmarks of times or integers");
}

// Further rows may have the greatest integer of a page.
TEST_F(Declared, SortedIntegersReportTheOneBeforeTheGreatest) {
  auto declared = items(CursorPages{.from = "/next"}, {.records = "/data"});
  declared.stream.columns.push_back({"n", Type::integer, "/n"});
  declared.stream.replication_key = "n";
  declared.incremental = Incremental{.unit = Unit::integer, .from = in_query("after")};
  answer("/items", R"({"data":[{"id":1,"n":5},{"id":2,"n":7}],"next":"a"})");
  answer("/items?cursor=a", R"({"data":[{"id":3,"n":7},{"id":4,"n":8}]})");
  EXPECT_EQ(read(declared), "");
  EXPECT_EQ(pushed_.course().find("progress"), pushed_.course().rfind("progress")) << "at the end";
  declared.incremental->oldest_first = true;
  EXPECT_EQ(read(declared), "");
  EXPECT_EQ(pushed_.course(),
            "{\"id\":1,\"n\":5}\nprogress {\"reached\":6}\n{\"id\":2,\"n\":7}\n{\"id\":3,\"n\":7}\n{\"id\":4,"
            "\"n\":8}\nprogress {\"reached\":8}\n");
  forget();
  answer("/items?after=6", R"({"data":[]})");
  EXPECT_EQ(read(declared, R"({"after":3,"reached":6})"), "");
  EXPECT_EQ(pushed_.progress(), R"({"after":3,"reached":6})");
}

// The cursor of each page is a token too.
TEST_F(Declared, TokensOfEachPageAreReported) {
  auto declared = items(CursorPages{.from = "/token", .to = in_query("token"), .has_more = "/more"},
                        {.records = "/data"});
  declared.incremental =
      Incremental{.unit = Unit::token, .bookmark = "token", .from = in_query("token"), .token = "/token"};
  answer("/items?token=t0", R"({"data":[{"id":1}],"token":"t1","more":true})");
  answer("/items?token=t1", R"({"data":[{"id":2}],"token":"t2","more":false})");
  EXPECT_EQ(read(declared, R"({"after":"t0"})"), "");
  EXPECT_EQ(pushed_.course(),
            "{\"id\":1}\nprogress {\"after\":\"t0\",\"reached\":\"t1\"}\n{\"id\":2}\nprogress "
            "{\"after\":\"t0\",\"reached\":\"t2\"}\n");
  forget();
  answer("/items?token=t1", R"({"data":[{"id":2}],"token":"t2","more":false})");
  EXPECT_EQ(read(declared, R"({"after":"t0","reached":"t1"})"), "");
  EXPECT_EQ(ids(), std::vector<int64_t>{2});
}

TEST_F(Declared, DetailsArePushedBeforeTheProgressThatCoversThem) {
  auto declared = timed(CursorPages{.from = "/next"}, {.records = "/data"});
  declared.incremental->oldest_first = true;
  declared.details = Details{.request = {.path = "/items/{id}"}};
  const std::string first = "/items?from=2026-03-02T12:00:00Z";
  answer(first, R"({"data":)" + rows_at({{1, 1}, {2, 2}}) + R"(,"next":"a"})");
  answer(first + "&cursor=a", R"({"data":)" + rows_at({{3, 3}}) + "}");
  for (int id = 1; id <= 3; ++id)
    answer(fmt::format("/items/{}", id), fmt::format(R"({{"id":{0},"at":"2026-03-02T12:00:0{0}Z"}})", id));
  EXPECT_EQ(read(declared, a_window), "");
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 3}));
  const auto place = [&](const char* text) { return pushed_.course().find(text); };
  EXPECT_LT(place("\"id\":1"), place("progress"));
  EXPECT_LT(place("progress"), place("\"id\":2"));
}

// ---- Partitions, details and columns beside the records

TEST_F(Declared, APartitionIsRequestedAndInEveryRow) {
  auto declared = items();
  declared.stream.columns.push_back({"box", Type::string});
  declared.request.path = "/boxes/{box}/items";
  declared.partitions = Partitions{.member = "box", .to = in_path("box"), .names = {"a/b", "c"}};
  EXPECT_EQ(plan(declared), (Texts{R"({"box":"a/b","partition":"a/b"})", R"({"box":"c","partition":"c"})"}));
  answer("/boxes/a%2Fb/items", rows({1}));
  EXPECT_EQ(read(declared, R"({"box":"a/b"})"), "");
  EXPECT_EQ(pushed_.lines(), "{\"id\":1,\"box\":\"a/b\"}\n");
  declared.partitions->find = []() -> Result<std::vector<Partition>> {
    return std::vector<Partition>{{"d", {{"color", "red"}}}};
  };
  EXPECT_EQ(plan(declared), Texts{R"({"color":"red","box":"d","partition":"d"})"});
  declared.partitions->find = []() -> Result<std::vector<Partition>> { return source_error("no list"); };
  EXPECT_EQ(plan(declared), Texts{"no list"});
  EXPECT_EQ(plan(items()), Texts{"{}"});
  EXPECT_FALSE(declare(items()).advance);
}

DeclaredStream detailed(Paginator paginator, RecordSelector records) {
  auto declared = items(std::move(paginator), std::move(records));
  declared.stream.columns.push_back({"text", Type::string, "/text"});
  declared.details = Details{.what = "item", .request = {.path = "/items/{id}"}};
  return declared;
}

TEST_F(Declared, DetailsAreReadOfEachListedRowThatStillExists) {
  for (const bool is_counted : {false, true}) {
    const RecordSelector records{.records = "/items", .total = is_counted ? "/total" : ""};
    const Paginator paginator = is_counted ? Paginator(OffsetPages{}) : Paginator(SinglePage{});
    answer(is_counted ? "/items?limit=100&offset=0" : "/items",
           R"({"total":3,"items":[{"id":1},{"id":2},{"id":3}]})");
    answer("/items/1", R"({"id":1,"text":"one"})");
    answer("/items/2", "{}", 404);
    answer("/items/3", R"({"id":3,"text":"three"})");
    const auto warnings = fake_.logs(TAPSTER_LOG_WARNING).size();
    EXPECT_EQ(read(detailed(paginator, records)), "");
    EXPECT_EQ(pushed_.texts("text"), (Texts{"one", "three"}));
    ASSERT_EQ(fake_.logs(TAPSTER_LOG_WARNING).size(), warnings + 1);
    EXPECT_EQ(fake_.logs(TAPSTER_LOG_WARNING).back().message,
              "item 2 skipped: it is listed, but no longer has details");
    forget();
  }
}

TEST_F(Declared, AnotherErrorOfDetailsEndsTheRead) {
  answer("/items", rows({1, 2}));
  answer("/items/1", "{}", 403);
  EXPECT_EQ(read(detailed(SinglePage{}, {})), "https://api.example.com/items/1: HTTP 403");
  auto forgiving = detailed(SinglePage{}, {});
  forgiving.details->is_gone = [](const Error& error) { return error.http_status == 403; };
  answer("/items/2", R"({"id":2,"text":"two"})");
  EXPECT_EQ(read(forgiving), "");
  EXPECT_EQ(ids(), std::vector<int64_t>{2});
}

TEST_F(Declared, DetailsAreOfRowsInsideTheWindow) {
  auto declared = timed();
  declared.stream.columns.push_back({"text", Type::string, "/text"});
  declared.details = Details{.request = {.path = "/items/{id}"}};
  answer("/items?from=2026-03-02T12:00:00Z",
         R"([{"id":1,"at":"2026-03-02T11:00:00Z"},{"id":2,"at":"2026-03-02T12:00:00Z"}])");
  answer("/items/2", R"({"id":2,"at":"2026-03-02T12:00:00Z","text":"two"})");
  EXPECT_EQ(read(declared, a_window), "");
  EXPECT_EQ(requests_.size(), 2U);
  EXPECT_EQ(pushed_.texts("text"), Texts{"two"});
}

TEST_F(Declared, ARequestedColumnCostsARequestForEachRowIfItIsSelected) {
  for (const bool is_counted : {false, true}) {
    auto declared = items(is_counted ? Paginator(OffsetPages{}) : Paginator(SinglePage{}),
                          {.records = "/items", .total = is_counted ? "/total" : ""});
    declared.stream.columns.push_back({"text", Type::string});
    declared.requested = RequestedColumn{
        .column = "text", .what = "item", .request = {.path = "/items/{id}/text"}, .value = text_in};
    answer(is_counted ? "/items?limit=100&offset=0" : "/items", R"({"total":2,"items":[{"id":1},{"id":2}]})");
    answer("/items/1/text", R"({"text":"é \"1\""})");
    answer("/items/2/text", "{}", 404);
    EXPECT_EQ(read(declared), "");
    EXPECT_EQ(pushed_.lines(), "{\"id\":1,\"text\":\"é \\\"1\\\"\"}\n{\"id\":2,\"text\":null}\n");
    EXPECT_EQ(requests_.size(), 3U);
    Pushed pushed;
    Records records(pushed.sink());
    const auto stream = declare(declared);
    const auto projection = *Projection::create(stream.stream, {"/id"});
    ASSERT_TRUE(stream.read({projection, {}}, records));
    EXPECT_EQ(requests_.size(), 4U);
    EXPECT_EQ(pushed.lines(), "{\"id\":1}\n{\"id\":2}\n");
    forget();
  }
}

TEST_F(Declared, AValueBesideTheRecordsIsInEachOfThem) {
  for (const bool is_counted : {false, true}) {
    auto declared = items(is_counted ? Paginator(OffsetPages{}) : Paginator(SinglePage{}),
                          {.records = "/items", .total = is_counted ? "/meta/total" : ""});
    declared.stream.columns.push_back({"total", Type::integer});
    declared.stream.columns.push_back({"none", Type::string});
    declared.beside = {{"/meta/total", "total"}, {"/meta/none", "none"}};
    answer(is_counted ? "/items?limit=100&offset=0" : "/items",
           R"({"items":[{"id":1},{"id":2}],"meta":{"total":2}})");
    EXPECT_EQ(read(declared), "");
    EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2})) << is_counted;
    for (const auto& row : pushed_.objects()) {
      EXPECT_EQ(row.at("total"), 2);
      EXPECT_TRUE(row.at("none").is_null());
    }
    forget();
  }
}

TEST_F(Declared, AValueBesideTheRecordsMayHaveAnyName) {
  auto declared = items(SinglePage{}, {.records = "/items"});
  declared.stream.columns.push_back({"a \"b\": c", Type::integer});
  declared.beside = {{"/total", "a \"b\": c"}};
  answer("/items", R"({"items":[{"id":1}],"total":2})");
  EXPECT_EQ(read(declared), "");
  ASSERT_EQ(pushed_.objects().size(), 1U);
  EXPECT_EQ(pushed_.objects()[0].at("a \"b\": c"), 2);
}

TEST_F(Declared, AValueBesideAListIsInTheRowsOfItsDetails) {
  auto declared = detailed(SinglePage{}, {.records = "/items"});
  declared.stream.columns.push_back({"page", Type::string});
  declared.beside = {{"/page", "page"}};
  answer("/items", R"({"items":[{"id":1}],"page":"first"})");
  answer("/items/1", R"({"id":1,"text":"one"})");
  EXPECT_EQ(read(declared), "");
  EXPECT_EQ(pushed_.texts("page"), Texts{"first"});
}

TEST_F(Declared, AnErrorMayMeanThatTheSliceIsEmpty) {
  auto declared = items();
  declared.means_empty = [](const Error& error, const json::object& slice) {
    return error.http_status == 422 && slice.contains("archived");
  };
  answer("/items", "{}", 422);
  EXPECT_EQ(read(declared, R"({"archived":true})"), "");
  EXPECT_EQ(pushed_.lines(), "");
  EXPECT_EQ(read(declared), "https://api.example.com/items: HTTP 422");
}

TEST_F(Declared, ASmallListIsReadIntoMemory) {
  auto declared = items();
  declared.partitions = Partitions{.member = "box", .to = in_query("box"), .names = {"a", "b"}};
  answer("/items?box=a", rows({1, 2}));
  answer("/items?box=b", rows({3}));
  const auto all = read_all(declare(declared));
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ(json::serialize((*all)[2]), R"({"id":3})");
  forget();
  EXPECT_FALSE(read_all(declare(declared)));
  declared.records.total = "a";
  EXPECT_EQ(read_all(declare(declared)).error().message,
            "the total's place \"a\" does not begin with a slash");
}

// ---- Dividing by count

TEST_F(Declared, AWindowIsHalvedUntilItsCountIsSmall) {
  fake_.set_now(at("2026-03-01T04:00:00Z"));
  auto declared = timed(OffsetPages{.size = 100}, {.records = "/items", .total = "/total"});
  declared.incremental->to = in_query("to");
  declared.incremental->rows_of_a_slice = 1'000;
  const auto count = [&](const std::string& from, const std::string& to, int total) {
    answer(fmt::format("/items?from=2026-03-01T0{}:00:00Z&to=2026-03-01T0{}:00:00Z&limit=1", from, to),
           fmt::format(R"({{"total":{},"items":[]}})", total));
  };
  count("0", "4", 1'501);
  count("0", "2", 1'001);
  count("0", "1", 501);
  count("1", "2", 500);
  count("2", "4", 1'000);
  EXPECT_EQ(plan(declared), (Texts{R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-01T01:00:00Z"})",
                                   R"({"from":"2026-03-01T01:00:00Z","to":"2026-03-01T02:00:00Z"})",
                                   R"({"from":"2026-03-01T02:00:00Z","to":"2026-03-01T04:00:00Z"})"}));
  declared.incremental->granularity = 2h;
  requests_.clear();
  EXPECT_EQ(plan(declared).size(), 2U) << "a window of the granularity is not divided";
}

TEST_F(Declared, ACountInAStringOrWithAPointDividesToo) {
  fake_.set_now(at("2026-03-01T04:00:00Z"));
  auto declared = timed(NumberedPages{}, {.records = "/items", .total = "/total"});
  declared.incremental->to = in_query("to");
  declared.incremental->rows_of_a_slice = 1'000;
  const std::string target = "/items?from=2026-03-01T00:00:00Z&to=2026-03-01T04:00:00Z&per_page=1";
  answer(target, R"({"total":"7","items":[]})");
  EXPECT_EQ(plan(declared), Texts{R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-01T04:00:00Z"})"});
  forget();
  answer(target, R"({"total":7.0,"items":[]})");
  EXPECT_EQ(plan(declared), Texts{R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-01T04:00:00Z"})"});
  forget();
  answer(target, R"({"items":[]})");
  EXPECT_EQ(plan(declared),
            Texts{"https://api.example.com" + target + ": the response has no integer at /total"});
}

// ---- Mistakes

TEST_F(Declared, AMistakeIsTheFailureOfTheStream) {
  struct Case {
    std::function<void(DeclaredStream&)> change;
    std::string expected;
  };
  using Change = DeclaredStream&;
  for (const auto& [change, expected] : std::vector<Case>{
           {[](Change d) { d.incremental->step = 1h; }, "`step` needs a place for the upper bound: set `to`"},
           {[](Change d) { d.incremental->granularity = 0s; }, "`granularity` must be at least a second"},
           {[](Change d) {
              d.incremental->volume = [](Window, const Partition&) -> Result<Volume> { return Volume(); };
            },
            "`volume` needs `rows_of_a_slice`, and a place for the upper bound"},
           {[](Change d) { *d.incremental = {.unit = Unit::integer, .from = in_query("after")}; },
            "a bookmark of integers needs a replication key of type integer"},
           {[](Change d) { d.incremental->unit = Unit::token; },
            "a bookmark of tokens needs `token`, where the response has the next one"},
           {[](Change d) {
              d.stream.replication_key = "id";
              *d.incremental = {.unit = Unit::integer};
            },
            "a bookmark of tokens or integers needs a place in the request: set `from`"},
           {[](Change d) { *d.incremental = {.unit = Unit::token, .from = in_query("a"), .token = "next"}; },
            "the token's place \"next\" does not begin with a slash"},
           {[](Change d) { d.incremental->zone = "Moon/Base"; }, "Moon/Base"},
           {[](Change d) { d.stream.replication_key = ""; },
            "a bookmark of times needs a replication key of type timestamp"},
           {[](Change d) {
              d.paginator = KeysetPages{};
              d.incremental->from = std::nullopt;
            },
            "KeysetPages need an incremental stream of times with a place for `from`"},
           {[](Change d) {
              d.paginator = KeysetPages{};
              d.stream.key = {};
            },
            "KeysetPages need a key"},
           {[](Change d) { d.paginator = CursorPages{}; }, "CursorPages need either `from` or `from_header`"},
           {[](Change d) { d.paginator = CursorPages{.from = "/a", .from_header = "a"}; },
            "CursorPages need either `from` or `from_header`"},
           {[](Change d) { d.paginator = CursorPages{.from = "a"}; },
            "the cursor's place \"a\" does not begin with a slash"},
           {[](Change d) { d.paginator = CursorPages{.from = "/a", .has_more = "b"}; },
            "the place of `has_more` \"b\" does not begin with a slash"},
           {[](Change d) { d.paginator = NextUrlPages{}; }, "NextUrlPages need `from`"},
           {[](Change d) { d.paginator = NextUrlPages{.from = "a"}; },
            "the next URL's place \"a\" does not begin with a slash"},
           {[](Change d) { d.paginator = PageFunction(); }, "the paginator is an empty function"},
           {[](Change d) { d.paginator = OffsetPages{.size = 0}; }, "a page must have at least one row"},
           {[](Change d) { d.paginator = NumberedPages{.size = 0}; }, "a page must have at least one row"},
           {[](Change d) { d.records.map_key = "x"; },
            "map_key: items has no column \"x\", which the connector gave a value"},
           {[](Change d) {
              d.beside = {{"/a", "x"}};
            },
            "items has no column \"x\", which the connector gave a value"},
           {[](Change d) {
              d.beside = {{"a", "id"}};
            },
            "the place beside the records \"a\" does not begin with a slash"},
           {[](Change d) { d.records.records = "a"; },
            "the records' place \"a\" does not begin with a slash"},
           {[](Change d) { d.records.total = "a"; }, "the total's place \"a\" does not begin with a slash"},
           {[](Change d) {
              d.requested = RequestedColumn{.column = "x", .request = {.path = "/"}, .value = text_in};
            },
            "items has no column \"x\", which the connector gave a value"},
           {[](Change d) {
              d.requested = RequestedColumn{.column = "id", .request = {.path = "/"}, .value = {}};
            },
            "the requested column needs a function `value`"},
           {[](Change d) {
              d.requested = RequestedColumn{.column = "id", .request = {.path = "/"}, .value = text_in};
              d.details = Details{.request = {.path = "/items/{id}"}};
            },
            "a stream has either details or a requested column"},
           {[](Change d) {
              d.requested = RequestedColumn{.column = "id", .request = {.path = "/x"}, .value = text_in};
            },
            "requested column: the path /x has no {id}"},
           {[](Change d) {
              d.stream.key = {"id", "at"};
              d.requested = RequestedColumn{.column = "id", .request = {.path = "/{id}"}, .value = text_in};
            },
            "a requested column needs a key of one column, which is the id"},
           {[](Change d) { d.details = Details{.request = {.path = "/items"}}; },
            "details: the path /items has no {id}"},
           {[](Change d) { d.request.path = "/items/{box}"; }, "the path has no value for box"},
           {[](Change d) { d.details = Details{.request = {.path = "/items/{name}"}}; },
            "details: the path has no value for name"},
           {[](Change d) {
              d.details = Details{.request = {.path = "/items/{id}"}};
              d.stream.key = {};
            },
            "a stream with details needs a key column with a path in the list"}}) {
    auto declared = timed();
    change(declared);
    const auto stream = declare(declared);
    ASSERT_TRUE(stream.failure) << expected;
    EXPECT_NE(stream.failure->message.find(expected), std::string::npos) << stream.failure->message;
    EXPECT_EQ(stream.failure->status, Status::internal);
    EXPECT_EQ(stream.stream.columns.size(), 2U) << "the catalog still has the stream";
  }
}

}  // namespace
}  // namespace tapster
