// GraphQL: requests, pages, and errors in responses with the status 200.
#include <tapster/graphql.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <tapster/body_errors.hpp>
#include <tapster/declared.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>

namespace tapster {
namespace {

const BodyErrors where{.statuses = {{"THROTTLED", 429},
                                    {"UNAUTHENTICATED", 401},
                                    {"UNAVAILABLE", 503},
                                    {"NOT_FOUND", 404},
                                    {"INVALID_CURSOR", 410}}};

DeclaredStream orders() {
  return {.stream = {.name = "orders", .key = {"id"}, .columns = {{"id", Type::integer, "/id"}}},
          .request = graphql("query($after: String) {…}", "/graphql", {{"first", 2}}),
          .records = in_connection("/data/orders"),
          .paginator = connection_pages("/data/orders", "after")};
}

class GraphQl : public testing::Test {
 protected:
  // Reads the stream. Returns the lines, or the error's message.
  std::string read(const DeclaredStream& declared) {
    pushed_.clear();
    sent_.clear();
    const auto stream = declare(fake_.host(), client_, declared);
    if (stream.failure) return "mistake: " + stream.failure->message;
    const auto projection = *Projection::create(stream.stream, {});
    Records records(pushed_.sink());
    const auto slice = json::object();
    const auto read = stream.read({projection, slice}, records);
    if (!read) error_ = read.error();
    return read ? pushed_.lines() : read.error().message;
  }

  FakeHost fake_;
  Pushed pushed_;
  std::deque<std::string> answers_;  // the last one is repeated
  std::vector<HttpRequest> sent_;
  std::optional<Error> error_;

 private:
  static HttpOptions options() {
    HttpOptions options;
    options.base_url = "https://api.example.com";
    options.body_errors = where;
    return options;
  }
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(
      fake_.host(), options(), [this](const HttpRequest& request, const std::string&) {
        sent_.push_back(request);
        HttpResponse response{.status = 200, .body = answers_.front()};
        if (answers_.size() > 1) answers_.pop_front();
        return Result<HttpResponse>(response);
      });
};

constexpr const char* last_page =
    R"({"data":{"orders":{"nodes":[{"id":3}],"pageInfo":{"hasNextPage":false,"endCursor":"c3"}}}})";
constexpr const char* first_page =
    R"({"data":{"orders":{"pageInfo":{"hasNextPage":true,"endCursor":"c2"},"nodes":[{"id":1},{"id":2}]}}})";

TEST_F(GraphQl, ReadsThePagesOfAConnection) {
  answers_ = {first_page, last_page};
  EXPECT_EQ(read(orders()), "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_EQ(sent_[0].method, Method::post);
  EXPECT_EQ(sent_[0].body, R"({"query":"query($after: String) {…}","variables":{"first":2}})");
  EXPECT_EQ(sent_[1].body, R"({"query":"query($after: String) {…}","variables":{"first":2,"after":"c2"}})");
}

TEST_F(GraphQl, AnErrorIsAnErrorThoughTheResponseHasData) {
  answers_ = {R"({"data":{"orders":{"nodes":[{"id":1}],"pageInfo":{"hasNextPage":false}}},)"
              R"("errors":[{"message":"no access to total","extensions":{"code":"FORBIDDEN_FIELD"}}]})"};
  EXPECT_EQ(
      read(orders()),
      "https://api.example.com/graphql: the response has the error FORBIDDEN_FIELD: no access to total");
  EXPECT_EQ(pushed_.lines(), "");
  EXPECT_EQ(error_->status, Status::source);
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(GraphQl, AThrottledRequestIsMadeAgain) {
  answers_ = {R"({"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]})",
              R"({"data":null,"errors":[{"message":"later","extensions":{"code":"UNAVAILABLE"}}]})",
              last_page};
  EXPECT_EQ(read(orders()), "{\"id\":3}\n");
  EXPECT_EQ(sent_.size(), 3U);
  EXPECT_EQ(fake_.counter("retries"), 2);
}

TEST_F(GraphQl, ARefusedCredentialIsNotTriedAgain) {
  answers_ = {R"({"errors":[{"message":"who?","extensions":{"code":"UNAUTHENTICATED"}}]})"};
  const auto* message = "https://api.example.com/graphql: the response has the error UNAUTHENTICATED: who?";
  EXPECT_EQ(read(orders()), message);
  EXPECT_EQ(error_->status, Status::auth);
  EXPECT_EQ(read(orders()), message);
  EXPECT_EQ(sent_.size(), 0U);
}

TEST_F(GraphQl, AnExpiredCursorStartsTheSliceAgain) {
  answers_ = {first_page, R"({"errors":[{"message":"old","extensions":{"code":"INVALID_CURSOR"}}]})"};
  EXPECT_EQ(read(orders()),
            "https://api.example.com/graphql: the response has the error INVALID_CURSOR: old; the cursor has "
            "expired, so the list must be read from its first page");
  EXPECT_EQ(error_->status, Status::transient);
  EXPECT_EQ(sent_.size(), 2U);
  // The first page has no cursor.
  answers_ = {R"({"errors":[{"message":"old","extensions":{"code":"INVALID_CURSOR"}}]})"};
  read(orders());
  EXPECT_EQ(error_->status, Status::source);
}

TEST_F(GraphQl, AnObjectThatIsNullNoLongerExists) {
  auto declared = orders();
  declared.records = in_connection("/data/customer/orders");
  answers_ = {R"({"data":{"customer":null}})"};
  EXPECT_EQ(
      read(declared),
      "https://api.example.com/graphql: the response has no records at /data/customer/orders/nodes; it has "
      "null at /data/customer");
  EXPECT_EQ(error_->http_status, 404);
  answers_ = {R"({"data":{}})"};
  read(declared);
  EXPECT_EQ(error_->http_status, 0);
  declared.records.null_is_missing = false;
  answers_ = {R"({"data":{"customer":null}})"};
  read(declared);
  EXPECT_EQ(error_->http_status, 0);
}

// ---- The errors of one response

std::string found(const std::string& body, const BodyErrors& errors = where) {
  const auto error = error_in({.status = 200, .body = body}, errors);
  if (!error) return "none";
  return fmt::format("{} {} {}", to_string(error->status), error->http_status, error->message);
}

TEST(BodyErrors, AreFoundWhereTheyAreDeclared) {
  EXPECT_EQ(found(R"({"data":{}})"), "none");
  EXPECT_EQ(found(R"({"errors":null})"), "none");
  EXPECT_EQ(found(R"({"errors":[]})"), "none");
  EXPECT_EQ(found(R"({"data":{"errors":[{"message":"a row"}]}})"), "none");
  EXPECT_EQ(found(R"({"errors")"), "none");
  EXPECT_EQ(found(R"({"errors":{"message":"one"}})"), "source 0 the response has the error one");
  EXPECT_EQ(found(R"({"errors":["text"]})"), "source 0 the response has the error ");
  EXPECT_EQ(found(R"({"failure":{"text":"slow","number":9}})",
                  {.errors = "/failure", .message = "/text", .code = "/number", .statuses = {{"9", 429}}}),
            "rate_limited 429 the response has the error 9: slow");
}

TEST(BodyErrors, TheMostDecisiveOneGivesTheClass) {
  const auto of = [](const std::vector<std::string>& codes) {
    std::string list;
    for (const auto& code : codes)
      list += fmt::format(R"({}{{"extensions":{{"code":"{}"}}}})", list.empty() ? "" : ",", code);
    const auto error = error_in({.status = 200, .body = R"({"errors":[)" + list + "]}"}, where);
    return fmt::format("{} {}", to_string(error->status), error->http_status);
  };
  EXPECT_EQ(of({"NOT_FOUND"}), "source 404");
  EXPECT_EQ(of({"NOT_FOUND", "BAD_QUERY"}), "source 0");
  EXPECT_EQ(of({"BAD_QUERY", "NOT_FOUND", "UNAVAILABLE", "THROTTLED"}), "transient 503");
  EXPECT_EQ(of({"THROTTLED", "UNAUTHENTICATED"}), "auth 401");
}

TEST(BodyErrors, AFunctionDecidesWhatItKnows) {
  auto errors = where;
  errors.classify = [](const json::value& error) -> std::optional<Error> {
    if (error.as_object().contains("type")) return transient_error("a type").value();
    return std::nullopt;
  };
  EXPECT_EQ(found(R"({"errors":[{"type":"x"}]})", errors), "transient 0 a type");
  EXPECT_EQ(found(R"({"errors":[{"message":"x"}]})", errors), "source 0 the response has the error x");
}

}  // namespace
}  // namespace tapster
