// Scripted responses, and a connector's client that survives every fault of the server.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/script.hpp>
#include <thread>
#include <vector>

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

const Target items("/items");

// Responses of a few hundred bytes, which a client can tell from half of them.
std::string long_object(int id) {
  return fmt::format(R"({{"id":{},"text":"{}"}})", id, std::string(400, 'x'));
}

class Scripts : public testing::Test {
 protected:
  std::unique_ptr<HttpClient> client() {
    auto made = HttpClient::create(fake_.host(), {.base_url = server_.url(), .schemes = {"http"}});
    EXPECT_TRUE(made);
    return *std::move(made);
  }
  // The id of the response, or the message of the error.
  static std::string get(HttpClient& client, const Target& target) {
    const auto object = client.get_object(target);
    if (!object) return object.error().message;
    return std::to_string(object->at("id").as_int64());
  }

  FakeHost fake_;
  ScriptedServer server_;
};

TEST_F(Scripts, ResponsesAreGivenInTurn) {
  server_.answer("GET", "/items", {.body = long_object(1)});
  server_.answer("GET", "/items", {.body = long_object(2)});
  const auto http = client();
  EXPECT_EQ(get(*http, items), "1");
  EXPECT_EQ(get(*http, items), "2");
  EXPECT_EQ(get(*http, items), "2") << "the last one is repeated";
  EXPECT_EQ(server_.log(), (Texts{"GET /items", "GET /items", "GET /items"}));
}

TEST_F(Scripts, TheTargetWithItsQueryComesBeforeThePath) {
  server_.answer("GET", "/items", {.body = long_object(1)});
  server_.answer("GET", "/items?page=2", {.body = long_object(2)});
  const auto http = client();
  EXPECT_EQ(get(*http, items.with("page", 1)), "1");
  EXPECT_EQ(get(*http, items.with("page", 2)), "2");
  EXPECT_EQ(server_.requests().at(1).parameter("page"), "2");
}

TEST_F(Scripts, ABodyMayBePartOfTheScript) {
  server_.answer("POST", "/search", R"({"after":2})", {.body = long_object(2)});
  server_.answer("POST", "/search", {.body = long_object(1)});
  const auto http = client();
  for (const auto* expected : {"1", "2"}) {
    const json::object body{{"after", std::stoi(expected)}};
    std::string id;
    const auto sent =
        http->send(HttpRequest::json(Method::post, Target("/search"), body), [&](HttpResponse& response) {
          id = std::to_string(json::parse(response.body).at("id").as_int64());
          EXPECT_EQ(response.content_type, "application/json");
          return Result<void>();
        });
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(id, expected);
  }
  EXPECT_EQ(server_.requests().at(1).headers.at("content-type"), "application/json");
}

TEST_F(Scripts, ARequestWithoutAResponseIsNamed) {
  server_.answer("POST", "/items", {.body = long_object(1)});
  const auto http = client();
  EXPECT_NE(get(*http, items.with("page", 3)).find("HTTP 400"), std::string::npos);
  EXPECT_EQ(server_.unexpected(), Texts{"GET /items?page=3"});
  server_.clear_log();
  EXPECT_EQ(server_.unexpected(), Texts());
  EXPECT_EQ(server_.log(), Texts());
}

TEST_F(Scripts, CanBeginAgain) {
  server_.answer("GET", "/items", {.body = long_object(1)});
  server_.fail("GET", "/items", Fault::cut_off);
  server_.clear();
  server_.answer("GET", "/items", {.body = long_object(2)});
  EXPECT_EQ(get(*client(), items), "2");
  EXPECT_EQ(server_.log(), Texts{"GET /items"});
}

TEST_F(Scripts, AClientSurvivesEveryFault) {
  server_.answer("GET", "/items", {.body = long_object(7)});
  for (const auto fault : quick_faults) {
    SCOPED_TRACE(to_string(fault));
    const auto http = client();
    server_.clear_log();
    server_.fail("GET", "/items", fault);
    EXPECT_EQ(get(*http, items), "7");
    EXPECT_EQ(server_.log().size(), fault == Fault::drip ? 1U : 2U);
  }
  EXPECT_EQ(fake_.counter("retries"), static_cast<int64_t>(quick_faults.size()) - 1);
}

TEST_F(Scripts, TooManyRequestsAreWaitedFor) {
  server_.answer("GET", "/items", {.body = long_object(7)});
  server_.fail("GET", "/items", Fault::too_many_requests);
  const auto http = client();
  EXPECT_EQ(get(*http, items), "7");
  EXPECT_GE(fake_.monotonic(), 1s);
}

TEST_F(Scripts, AStallLastsUntilTheServerIsDestroyed) {
  auto server = std::make_unique<ScriptedServer>();
  server->answer("GET", "/items", {.body = long_object(7), .fault = Fault::stall});
  auto made = HttpClient::create(fake_.host(),
                                 {.base_url = server->url(), .schemes = {"http"}, .unanswered_attempts = 1});
  ASSERT_TRUE(made);
  auto reading = std::async(std::launch::async, [&] { return get(**made, items); });
  while (server->log().empty()) std::this_thread::yield();
  EXPECT_EQ(reading.wait_for(50ms), std::future_status::timeout) << "it has only half of the body";
  server.reset();
  const auto result = reading.get();
  EXPECT_NE(result.find("the connection failed"), std::string::npos) << result;
}

TEST_F(Scripts, AnExceptionOfTheFunctionIsAResponse) {
  const HttpServer server(
      [](const HttpServer::Request&) -> HttpServer::Response { throw std::runtime_error("no such row"); });
  auto made = HttpClient::create(
      fake_.host(), {.base_url = server.url(), .schemes = {"http"}, .attempts = 1, .unanswered_attempts = 1});
  ASSERT_TRUE(made);
  EXPECT_NE(get(**made, items).find("HTTP 500"), std::string::npos);
}

// ---- Without a server

TEST(ScriptedTransport, RespondsAsTheServerDoes) {
  FakeHost fake;
  Script script;
  HttpClient http(fake.host(),
                  {.base_url = "https://api.example.com", .attempts = 9, .unanswered_attempts = 9},
                  script.transport("https://api.example.com"));
  script.answer("GET", "/items?page=1", {.body = R"({"id":1})", .headers = {{"X-Left", "3"}}});
  for (const auto fault : quick_faults) script.fail("GET", "/items?page=1", fault);
  std::string left;
  const auto got = http.get(items.with("page", 1), [&](HttpResponse& response) -> Result<void> {
    if (!parse_json(response.body, "the response")) return transient_error("not JSON");
    left = *response.header("x-left");
    EXPECT_EQ(response.content_type, "application/json");
    return {};
  });
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(left, "3");
  EXPECT_EQ(script.requests().size(), 5U) << "the fifth is slow and complete";
}

TEST(ScriptedTransport, HasNoResponseToAnotherRequest) {
  FakeHost fake;
  Script script;
  HttpClient http(fake.host(), {.base_url = "https://api.example.com"},
                  script.transport("https://api.example.com"));
  const auto got = http.get(items);
  EXPECT_EQ(got.error().status, Status::internal);
  EXPECT_EQ(got.error().message, "https://api.example.com/items: the script has no response to GET /items");
}

}  // namespace
}  // namespace tapster
