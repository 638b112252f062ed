// Streamed responses and asynchronous exports of declared streams, over a scripted API.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tapster/declared.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>
#include <utility>
#include <vector>

#include "support/files.hpp"

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

constexpr std::string_view window = R"({"from":"2026-01-01T00:00:00Z","to":"2026-01-30T00:00:00Z"})";
constexpr std::string_view waiting =
    R"({"from":"2026-01-01T00:00:00Z","to":"2026-01-30T00:00:00Z","export":"7"})";

DeclaredStream contacts() {
  return {
      .stream = {.name = "contacts",
                 .key = {"id"},
                 .replication_key = "changed",
                 .columns = {{"id", Type::integer, "/Id"}, {"changed", Type::timestamp, "/Changed"}}},
      .request = {.method = Method::post, .path = "/exports", .body = json::object{{"object", "contacts"}}},
      .records = {.format = RecordSelector::Format::csv},
      .incremental = Incremental{.start = from_unix_micros(1'767'225'600'000'000),
                                 .from = in_body("/from"),
                                 .to = in_body("/to")},
      .asynchronous = Export{.poll = {.path = "/exports/{export}"},
                             .failed = {"failed", "aborted"},
                             .reason = "/reason",
                             .download = RequestTemplate{.path = "/exports/{export}/file"}}};
}

// Rows with these ids.
std::string csv(int first, int last) {
  std::string body = "Id,Changed\n";
  for (int id = first; id <= last; ++id) body += fmt::format("{},2026-01-10T00:00:00Z\n", id);
  return body;
}

// Rows with these ids, oldest first; three share a second.
std::string sorted_csv(int first, int last) {
  std::string body = "Id,Changed\n";
  for (int id = first; id <= last; ++id) {
    const int second = id / 3;
    body +=
        fmt::format("{},2026-01-10T{:02}:{:02}:{:02}Z\n", id, second / 3'600, second / 60 % 60, second % 60);
  }
  return body;
}

class DeclaredExport : public testing::Test {
 protected:
  using Answer = std::function<Result<HttpResponse>(const HttpRequest&)>;

  // The responses of a URL in turn; the last one is repeated.
  void answer(const std::string& url, std::string body, int status = 200) {
    answer_with(url, [body = std::move(body), status](const HttpRequest&) {
      return HttpResponse{.status = status, .body = body};
    });
  }
  void answer_with(const std::string& url, Answer answer) { answers_[url].push_back(std::move(answer)); }
  // A body that breaks off after its first bytes.
  void answer_cut(const std::string& url, std::string half) {
    answer_with(url, [half = std::move(half)](const HttpRequest& request) -> Result<HttpResponse> {
      request.sink.begin();
      auto taken = request.sink.take(half);
      if (!taken) return Failed(std::move(taken).error());
      return transient_error("the connection failed");
    });
  }

  // Reads a slice. Returns the error's message; empty on success.
  std::string read(DeclaredStream declared, std::string_view slice) {
    const auto stream = declare(fake_.host(), client_, std::move(declared));
    if (stream.failure) return "mistake: " + stream.failure->message;
    const auto projection = *Projection::create(stream.stream, {});
    Records records(pushed_.sink());
    const auto read = stream.read({projection, json::parse(std::string(slice)).as_object()}, records);
    if (!read) status_ = read.error().status;
    return read ? "" : read.error().message;
  }

  Texts plan(std::string_view state, std::string_view since = {}) {
    Pushed pushed;
    Slices slices(pushed.sink());
    const auto stream = declare(fake_.host(), client_, contacts());
    const auto planned = stream.plan({json::parse(std::string(state)).as_object(), since, {}}, slices);
    Texts texts;
    for (const auto& slice : pushed.objects()) texts.push_back(json::serialize(slice));
    if (!planned) texts.push_back(planned.error().message);
    return texts;
  }
  std::string advance(std::string_view state, std::string_view slice) {
    const auto stream = declare(fake_.host(), client_, contacts());
    const auto next = stream.advance(json::parse(std::string(state)).as_object(),
                                     json::parse(std::string(slice)).as_object());
    return next ? json::serialize(*next) : next.error().message;
  }

  // The ids that were pushed, "1 2 3".
  std::string ids() const {
    std::string ids;
    for (const auto& row : pushed_.objects()) ids += fmt::format("{} ", row.at("id").as_int64());
    return ids;
  }

  // Forgets what was pushed after the last progress, as the host does after a kill, and returns the progress.
  std::string lose_the_rest() {
    const auto& course = pushed_.course();
    const auto end = course.rfind("progress ");
    kept_.clear();
    for (const auto& line : lines_of(course.substr(0, end))) {
      if (line.starts_with("{")) kept_ += fmt::format("{} ", json::parse(line).at("id").as_int64());
    }
    auto progress = pushed_.progress();
    pushed_.clear();
    return progress;
  }

  FakeHost fake_;
  Pushed pushed_;
  std::string kept_;  // the ids before the last progress
  Texts requests_;
  std::vector<HttpRequest> sent_;
  Status status_ = Status::internal;

 private:
  Result<HttpResponse> respond(const HttpRequest& request, const std::string& url) {
    const std::string_view base = "https://api.example.com";
    const auto shown = url.starts_with(base) ? url.substr(base.size()) : url;
    requests_.push_back(fmt::format("{} {}", to_string(request.method), shown));
    sent_.push_back(request);
    auto& answers = answers_[shown];
    if (answers.empty()) return internal_error("the script has no response");
    const auto made = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return made(request);
  }

  static HttpOptions options() {
    HttpOptions options;
    options.base_url = "https://api.example.com";
    return options;
  }

  std::map<std::string, std::deque<Answer>> answers_;
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(
      fake_.host(), options(),
      [this](const HttpRequest& request, const std::string& url) { return respond(request, url); });
};

TEST_F(DeclaredExport, IsCreatedPolledAndDownloaded) {
  answer("/exports", R"({"id":7})", 201);
  answer("/exports/7", R"({"status":"queued"})");
  answer("/exports/7", R"({"status":"running"})");
  answer("/exports/7", R"({"status":"done"})");
  answer("/exports/7/file", csv(1, 3));
  EXPECT_EQ(read(contacts(), window), "");
  EXPECT_EQ(ids(), "1 2 3 ");
  EXPECT_EQ(requests_, (Texts{"POST /exports", "GET /exports/7", "GET /exports/7", "GET /exports/7",
                              "GET /exports/7/file"}));
  EXPECT_EQ(sent_[0].body,
            R"({"object":"contacts","from":"2026-01-01T00:00:00Z","to":"2026-01-30T00:00:00Z"})");
  EXPECT_EQ(fake_.sleeps(), (std::vector<FakeHost::Micros>{1s, 1s, 2s}));
  EXPECT_EQ(pushed_.progress(), window);
}

TEST_F(DeclaredExport, WaitsDoubleUpToTheLongest) {
  auto declared = contacts();
  declared.asynchronous->longest_wait = 3s;
  answer("/exports", R"({"id":"7"})");
  for (int i = 0; i < 4; ++i) answer("/exports/7", R"({"status":"running"})");
  answer("/exports/7", R"({"status":"done"})");
  answer("/exports/7/file", csv(1, 1));
  EXPECT_EQ(read(declared, window), "");
  EXPECT_EQ(fake_.sleeps(), (std::vector<FakeHost::Micros>{1s, 1s, 2s, 3s, 3s}));
}

TEST_F(DeclaredExport, ItsIdIsProgressBeforeAnythingIsPushed) {
  answer("/exports", R"({"id":7})");
  answer_with("/exports/7", [this](const HttpRequest&) -> Result<HttpResponse> {
    EXPECT_EQ(pushed_.progress(), waiting);
    return auth_error("killed");
  });
  EXPECT_NE(read(contacts(), window).find("killed"), std::string::npos);
  EXPECT_EQ(ids(), "");
  EXPECT_EQ(pushed_.progress(), waiting);
}

TEST_F(DeclaredExport, APendingOneIsContinuedWithoutAWait) {
  answer("/exports/7", R"({"status":"done"})");
  answer("/exports/7/file", csv(1, 2));
  EXPECT_EQ(read(contacts(), waiting), "");
  EXPECT_EQ(ids(), "1 2 ");
  EXPECT_EQ(requests_, (Texts{"GET /exports/7", "GET /exports/7/file"}));
  EXPECT_TRUE(fake_.sleeps().empty());
  EXPECT_EQ(pushed_.progress(), window);
}

TEST_F(DeclaredExport, ThatExpiredIsCreatedAgain) {
  answer("/exports/7", "{}", 404);
  answer("/exports", R"({"id":8})");
  answer("/exports/8", R"({"status":"done"})");
  answer("/exports/8/file", csv(1, 2));
  EXPECT_EQ(read(contacts(), waiting), "");
  EXPECT_EQ(ids(), "1 2 ");
  ASSERT_EQ(fake_.logs(TAPSTER_LOG_WARNING).size(), 1U);
  EXPECT_EQ(fake_.logs(TAPSTER_LOG_WARNING)[0].message,
            "export 7: https://api.example.com/exports/7: HTTP 404; it is created again");
}

TEST_F(DeclaredExport, ThatFailsIsCreatedAgainOnce) {
  answer("/exports", R"({"id":7})");
  answer("/exports", R"({"id":8})");
  answer("/exports/7", R"({"status":"failed","reason":"too busy"})");
  answer("/exports/8", R"({"status":"aborted"})");
  EXPECT_EQ(read(contacts(), window), "export 8: its status is \"aborted\"");
  EXPECT_EQ(status_, Status::source);
  ASSERT_EQ(fake_.logs(TAPSTER_LOG_WARNING).size(), 1U);
  EXPECT_EQ(fake_.logs(TAPSTER_LOG_WARNING)[0].message,
            "export 7: its status is \"failed\": too busy; it is created again");
}

TEST_F(DeclaredExport, ThatIsNotReadyInTimeIsAnError) {
  answer("/exports", R"({"id":7})");
  answer("/exports/7", R"({"status":"running"})");
  EXPECT_EQ(read(contacts(), window), "export 7 is not ready after 14400 s; its status is \"running\"");
  EXPECT_EQ(pushed_.progress(), waiting) << "the next sync waits for it";
}

TEST_F(DeclaredExport, ACutDownloadIsRequestedAgain) {
  const auto body = csv(1, 20'000);
  answer("/exports/7", R"({"status":"done"})");
  answer_cut("/exports/7/file", body.substr(0, body.size() - 100));
  answer_cut("/exports/7/file", body.substr(0, 10));
  answer("/exports/7/file", body);
  EXPECT_EQ(read(contacts(), waiting), "");
  std::string all;
  for (int id = 1; id <= 20'000; ++id) all += fmt::format("{} ", id);
  EXPECT_EQ(ids(), all);
}

TEST_F(DeclaredExport, ADownloadThatDiffersIsTransient) {
  const auto body = csv(1, 20'000);
  answer("/exports/7", R"({"status":"done"})");
  answer_cut("/exports/7/file", body.substr(0, body.size() - 100));
  answer("/exports/7/file", csv(2, 20'000));
  EXPECT_EQ(read(contacts(), waiting),
            "https://api.example.com/exports/7/file: the response differs from the one before, so the rows "
            "before cannot be completed");
  EXPECT_EQ(status_, Status::transient);
  EXPECT_EQ(pushed_.progress(), "");
}

TEST_F(DeclaredExport, ThatVanishesDuringTheDownloadIsTransient) {
  const auto body = csv(1, 20'000);
  answer("/exports/7", R"({"status":"done"})");
  answer_cut("/exports/7/file", body.substr(0, body.size() - 100));
  answer("/exports/7/file", "", 410);
  EXPECT_EQ(read(contacts(), waiting), "export 7: https://api.example.com/exports/7/file: HTTP 410");
  EXPECT_EQ(status_, Status::transient);
  EXPECT_EQ(pushed_.progress(), "") << "a new export would cover rows that were pushed";
}

TEST_F(DeclaredExport, AnExpiredUrlIsReplaced) {
  auto declared = contacts();
  declared.asynchronous->download.reset();
  declared.asynchronous->url = "/url";
  declared.asynchronous->is_foreign = true;
  answer("/exports/7", R"({"status":"done","url":"https://files.example.org/7?signature=old"})");
  answer("/exports/7", R"({"status":"done","url":"https://files.example.org/7?signature=new"})");
  answer("https://files.example.org/7?signature=old", "<Error/>", 403);
  answer("https://files.example.org/7?signature=new", csv(1, 2));
  EXPECT_EQ(read(declared, waiting), "");
  EXPECT_EQ(ids(), "1 2 ");
  EXPECT_TRUE(sent_.back().is_foreign);
  EXPECT_FALSE(sent_.front().is_foreign);
  for (const auto& log : fake_.logs())
    EXPECT_EQ(log.message.find("signature"), std::string::npos) << log.message;
}

TEST_F(DeclaredExport, AUrlOnAnotherHostMustBeAllowed) {
  auto declared = contacts();
  declared.asynchronous->download.reset();
  declared.asynchronous->url = "/url";
  answer("/exports/7", R"({"status":"done","url":"https://files.example.org/7?signature=s"})");
  EXPECT_NE(read(declared, waiting).find("a response leads to https://files.example.org"), std::string::npos);
}

TEST_F(DeclaredExport, ThePlanStartsWithThePendingOne) {
  fake_.set_now(std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-02-01T00:00:00Z")));
  const auto state = advance(R"({"changed":"2026-01-01T00:00:00Z"})", waiting);
  EXPECT_EQ(state, fmt::format(R"({{"changed":"2026-01-01T00:00:00Z","pending_exports":[{}]}})", waiting));
  EXPECT_EQ(plan(state),
            (Texts{std::string(waiting), R"({"from":"2026-01-30T00:00:00Z","to":"2026-02-01T00:00:00Z"})"}));
  EXPECT_EQ(advance(state, window), R"({"changed":"2026-01-30T00:00:00Z"})");
  EXPECT_EQ(plan(state, "2026-01-31T00:00:00Z"),
            (Texts{R"({"from":"2026-01-31T00:00:00Z","to":"2026-02-01T00:00:00Z"})"}));
}

TEST_F(DeclaredExport, MistakesAreNamed) {
  const auto mistake = [this](const std::function<void(DeclaredStream&)>& change) {
    auto declared = contacts();
    change(declared);
    return read(declared, window);
  };
  EXPECT_EQ(mistake([](auto& d) { d.asynchronous->poll.path = "/exports/{other}"; }),
            "mistake: poll: the path has no value for other");
  EXPECT_EQ(mistake([](auto& d) { d.asynchronous->url = "/url"; }),
            "mistake: an export needs either `download` or `url`");
  EXPECT_EQ(mistake([](auto& d) { d.records.records = "/rows"; }),
            "mistake: in CSV there is nothing around the records");
  EXPECT_EQ(mistake([](auto& d) { d.stream.columns[0].path = "/a/b"; }),
            "mistake: column id: in CSV a path is \"/Name\", with ~1 for a slash, not \"/a/b\"");
  EXPECT_NE(mistake([](auto& d) { d.paginator = OffsetPages{}; }).find("streamed pages must name"),
            std::string::npos);
}

TEST_F(DeclaredExport, AnInterruptedDownloadInOrderContinuesAfterItsProgress) {
  auto declared = contacts();
  declared.incremental->oldest_first = true;
  const auto body = sorted_csv(1, 20'000);
  answer("/exports/7", R"({"status":"done"})");
  answer_with("/exports/7/file", [&body](const HttpRequest& request) -> Result<HttpResponse> {
    request.sink.begin();
    auto taken = request.sink.take(std::string_view(body).substr(0, body.size() - 1'000));
    return taken ? auth_error("killed") : Failed(std::move(taken).error());
  });
  answer("/exports/7/file", body);
  EXPECT_NE(read(declared, waiting).find("killed"), std::string::npos);
  const auto progress = lose_the_rest();
  EXPECT_NE(progress.find(R"("reached":"2026-01-10T01:)"), std::string::npos) << progress;
  EXPECT_NE(progress.find(R"("export":"7")"), std::string::npos) << progress;
  EXPECT_EQ(read(declared, progress), "");
  std::string all;
  for (int id = 1; id <= 20'000; ++id) all += fmt::format("{} ", id);
  EXPECT_EQ(kept_ + ids(), all);
  EXPECT_EQ(pushed_.progress(), window);
  EXPECT_TRUE(std::none_of(requests_.begin(), requests_.end(),
                           [](const auto& request) { return request == "POST /exports"; }));
}

TEST_F(DeclaredExport, ThePlanAfterAnInterruptedDownloadStartsBehindItsWindow) {
  fake_.set_now(std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-02-01T00:00:00Z")));
  auto slice = json::parse(std::string(waiting)).as_object();
  slice["reached"] = "2026-01-10T00:00:00Z";
  const auto text = json::serialize(slice);
  EXPECT_EQ(plan(advance(R"({"changed":"2026-01-01T00:00:00Z"})", text)),
            (Texts{text, R"({"from":"2026-01-30T00:00:00Z","to":"2026-02-01T00:00:00Z"})"}));
}

// ---- Streaming without an export

TEST_F(DeclaredExport, AnInterruptedStreamInOrderContinuesAfterItsProgress) {
  auto declared = contacts();
  declared.asynchronous.reset();
  declared.streaming = true;
  declared.incremental->oldest_first = true;
  const auto body = sorted_csv(1, 20'000);
  answer_with("/exports", [&body](const HttpRequest& request) -> Result<HttpResponse> {
    request.sink.begin();
    auto taken = request.sink.take(std::string_view(body).substr(0, body.size() - 1'000));
    return taken ? auth_error("killed") : Failed(std::move(taken).error());
  });
  answer("/exports", body);
  EXPECT_NE(read(declared, window).find("killed"), std::string::npos);
  const auto progress = lose_the_rest();
  EXPECT_EQ(read(declared, progress), "");
  EXPECT_NE(sent_.back().body.find(R"("from":"2026-01-10T01:)"), std::string::npos) << sent_.back().body;
  std::string all;
  for (int id = 1; id <= 20'000; ++id) all += fmt::format("{} ", id);
  EXPECT_EQ(kept_ + ids(), all);
  EXPECT_EQ(pushed_.progress(), window);
}

TEST_F(DeclaredExport, StreamedRowsInAnotherOrderAreAnErrorIfOrderIsDeclared) {
  auto declared = contacts();
  declared.asynchronous.reset();
  declared.streaming = true;
  declared.incremental->oldest_first = true;
  answer("/exports", "Id,Changed\n1,2026-01-11T00:00:00Z\n2,2026-01-10T00:00:00Z\n");
  EXPECT_NE(read(declared, window).find("the rows are not sorted by changed, ascending: request that order"),
            std::string::npos);
  EXPECT_EQ(ids(), "");
}

DeclaredStream items(Paginator paginator) {
  return {.stream = {.name = "items", .key = {"id"}, .columns = {{"id", Type::integer, "/id"}}},
          .request = {.path = "/items"},
          .records = {.records = "/rows"},
          .paginator = std::move(paginator),
          .streaming = true};
}

TEST_F(DeclaredExport, StreamedPagesFollowEachOther) {
  answer("/items", R"({"rows":[{"id":1},{"id":2}],"next":"b"})");
  answer("/items?cursor=b", R"({"next":null,"rows":[{"id":3}]})");
  EXPECT_EQ(read(items(CursorPages{.from = "/next"}), "{}"), "");
  EXPECT_EQ(ids(), "1 2 3 ");
}

TEST_F(DeclaredExport, AStreamedResponseIsNotSearchedForErrors) {
  auto options = HttpOptions{};
  options.body_errors = BodyErrors{};
  const auto client = std::make_shared<HttpClient>(
      fake_.host(), options,
      [](const HttpRequest&, const std::string&) -> Result<HttpResponse> { return HttpResponse{}; });
  EXPECT_TRUE(declare(fake_.host(), client, items(SinglePage{})).failure);
  auto lines = items(SinglePage{});
  lines.records = {.format = RecordSelector::Format::json_lines};
  EXPECT_FALSE(declare(fake_.host(), client, lines).failure);
}

TEST_F(DeclaredExport, AStreamedCursorThatRepeatsIsAnError) {
  answer("/items", R"({"rows":[{"id":1}],"next":"b"})");
  answer("/items?cursor=b", R"({"rows":[{"id":1}],"next":"b"})");
  EXPECT_EQ(read(items(CursorPages{.from = "/next"}), "{}"),
            "/items?cursor=b: the next page was read before: its cursor or URL repeats");
}

TEST_F(DeclaredExport, StreamedRowsOutsideTheWindowAreLeftOut) {
  auto declared = contacts();
  declared.asynchronous.reset();
  declared.streaming = true;
  answer("/exports", csv(1, 2) + "3,2026-01-30T00:00:00Z\n4,2025-12-31T23:59:59Z\n5,2026-01-01T00:00:00Z\n");
  EXPECT_EQ(read(declared, window), "");
  EXPECT_EQ(ids(), "1 2 5 ");
}

TEST_F(DeclaredExport, TheGreatestIntegerOfAStreamIsItsBookmark) {
  auto declared = items(SinglePage{});
  declared.stream.replication_key = "id";
  declared.incremental = Incremental{.unit = Incremental::Unit::integer, .from = in_query("after")};
  answer("/items?after=3", R"({"rows":[{"id":9},{"id":4}]})");
  EXPECT_EQ(read(declared, R"({"after":3})"), "");
  EXPECT_EQ(pushed_.progress(), R"({"after":3,"reached":9})");
}

}  // namespace
}  // namespace tapster
