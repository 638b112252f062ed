// When a request is retried, with a scripted transport and in virtual time.
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <tapster/http.hpp>
#include <tapster/testing/fake_host.hpp>

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Micros = std::chrono::microseconds;

HttpResponse answer(int status, std::string body = {},
                    std::optional<std::chrono::milliseconds> retry_after = {}) {
  return {.status = status,
          .body = std::move(body),
          .content_type = "application/json",
          .retry_after = retry_after};
}

class Http : public testing::Test {
 protected:
  Http() {
    options_.base_url = "https://api.example.com/v1";
    options_.headers = {"X-Token: s3cret"};
  }

  HttpClient& client() {
    if (!client_) {
      client_ = std::make_unique<HttpClient>(fake_.host(), options_,
                                             [this](const HttpRequest& request, const std::string& url) {
                                               requests_.push_back(request);
                                               urls_.push_back(url);
                                               auto result = script_.front();
                                               if (script_.size() > 1)
                                                 script_.pop_front();  // the last one is repeated
                                               return result;
                                             });
    }
    return *client_;
  }

  // GETs "/things" and keeps the body.
  Result<void> get() {
    return client().get(Target("/things").with("n", 1), [this](HttpResponse& response) -> Result<void> {
      body_ = std::move(response.body);
      return {};
    });
  }

  // Makes a request, which must fail.
  Error error() {
    const auto got = get();
    EXPECT_FALSE(got);
    return got ? Error{} : got.error();
  }

  // Makes the source respond once, so that later requests get all attempts.
  void answer_once() {
    script_ = {answer(200)};
    ASSERT_TRUE(get());
    urls_.clear();
  }

  // Expects wait n between half of 500 ms * 2^n and all of it.
  void expect_doubling_waits(size_t count) const {
    const auto waits = fake_.sleeps();
    ASSERT_EQ(waits.size(), count);
    Micros longest = 500ms;
    for (const auto wait : waits) {
      EXPECT_GE(wait, longest / 2);
      EXPECT_LE(wait, longest);
      longest *= 2;
    }
  }

  [[nodiscard]] std::vector<std::string> warnings() const {
    std::vector<std::string> messages;
    for (const auto& log : fake_.logs()) {
      if (log.level == TAPSTER_LOG_WARNING) messages.push_back(log.message);
    }
    return messages;
  }

  FakeHost fake_;
  HttpOptions options_;
  std::deque<Result<HttpResponse>> script_;
  std::vector<std::string> urls_;  // the URLs requested
  std::vector<HttpRequest> requests_;
  std::string body_;

 private:
  std::unique_ptr<HttpClient> client_;
};

// ---- Bodies in pieces

class HttpStream : public Http {
 protected:
  // Collects the body. `take` and `end` may fail.
  Result<void> stream(std::function<Result<void>()> end = {}, std::function<Result<void>()> take = {}) {
    return client().stream({Method::get, Target("/things")},
                           {.begin =
                                [this] {
                                  body_.clear();
                                  ++begun_;
                                },
                            .take = [this, take](std::string_view piece) -> Result<void> {
                              body_ += piece;
                              return take ? take() : Result<void>();
                            },
                            .end = [end](HttpResponse&) { return end ? end() : Result<void>(); }});
  }
  int begun_ = 0;
};

TEST_F(HttpStream, ABodyIsTakenAgainFromItsStartAfterATransientError) {
  script_ = {answer(200, "half"), answer(503), answer(200, "complete")};
  int ends = 0;
  ASSERT_TRUE(
      stream([&]() -> Result<void> { return ++ends == 1 ? transient_error("cut") : Result<void>(); }));
  EXPECT_EQ(body_, "complete");
  EXPECT_EQ(begun_, 2);
  EXPECT_EQ(urls_.size(), 3U);
  EXPECT_EQ(fake_.counter("retries"), 2);
}

TEST_F(HttpStream, AnotherErrorEndsIt) {
  script_ = {answer(200, "body")};
  const auto taken = stream({}, []() -> Result<void> { return source_error("wrong"); });
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "https://api.example.com/v1/things: wrong");
  EXPECT_EQ(urls_.size(), 1U);
}

TEST_F(HttpStream, TakeMakesNoRequests) {
  script_ = {answer(200, "body")};
  const auto taken = stream({}, [this] { return client().get(Target("/inner")); });
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("requested inside the handler"), std::string::npos);
}

TEST_F(Http, AForeignUrlIsRequestedWithoutTheCredential) {
  script_ = {answer(401), answer(200)};
  HttpRequest request{Method::get, Target("/")};
  request.url = "https://files.example.org/export?signature=s1gned";
  const auto refused = client().send(request, [](HttpResponse&) { return Result<void>(); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, Status::source);
  EXPECT_TRUE(urls_.empty());
  request.is_foreign = true;
  const auto unauthorized = client().send(request, [](HttpResponse&) { return Result<void>(); });
  ASSERT_FALSE(unauthorized);
  EXPECT_EQ(unauthorized.error().status, Status::auth);
  EXPECT_EQ(unauthorized.error().message.find("s1gned"), std::string::npos);
  EXPECT_TRUE(get()) << "the client's own credential was not refused";
  request.url = "http://files.example.org/export";
  EXPECT_FALSE(client().send(request, [](HttpResponse&) { return Result<void>(); }))
      << "not a scheme of the client";
  for (const auto& log : fake_.logs()) EXPECT_EQ(log.message.find("s1gned"), std::string::npos);
}

TEST_F(Http, ASuccessTakesOneRequest) {
  script_ = {answer(200, "hello")};
  ASSERT_TRUE(get());
  EXPECT_EQ(body_, "hello");
  EXPECT_EQ(urls_, std::vector<std::string>{"https://api.example.com/v1/things?n=1"});
  EXPECT_TRUE(fake_.sleeps().empty());
  ASSERT_EQ(fake_.logs().size(), 1U);
  EXPECT_EQ(fake_.logs()[0].level, TAPSTER_LOG_DEBUG);
  EXPECT_EQ(fake_.logs()[0].message, "GET https://api.example.com/v1/things?n=1: HTTP 200, 5 bytes, 0.000 s");
  EXPECT_EQ(fake_.counter("requests"), 1);
  EXPECT_EQ(fake_.counter("retries"), 0);
}

TEST_F(Http, CountsTheBytesThatCameOverTheNetwork) {
  script_ = {answer(200, "hello")};
  script_.push_back(answer(500, "oh"));
  script_.push_back(HttpResponse{.status = 200, .body = "decompressed", .bytes_received = 3});
  ASSERT_TRUE(get());
  EXPECT_EQ(fake_.counter("bytes_received"), 5) << "the body's, if the transport does not say";
  ASSERT_TRUE(get());
  EXPECT_EQ(fake_.counter("bytes_received"), 10) << "also those of an error";
}

TEST_F(Http, AUrlOfAResponseMustHaveTheHostOfTheClient) {
  struct Case {
    std::string url, expected;  // what is requested, or the error
  };
  const auto refused = [](const std::string& to) {
    return "a response leads to " + to +
           ", which is not requested: the credential is for https://api.example.com only";
  };
  const auto nowhere = refused("something that is not a URL");
  for (const auto& [url, expected] : std::vector<Case>{
           {"https://api.example.com/v1/things?page=2", "https://api.example.com/v1/things?page=2"},
           {"https://api.example.com:443/x", "https://api.example.com:443/x"},
           {"/v2/things?page=2", "https://api.example.com/v2/things?page=2"},
           {"https://evil.example/v1", refused("https://evil.example")},
           {"http://api.example.com/v1", refused("http://api.example.com")},
           {"https://api.example.com:8443/v1", refused("https://api.example.com:8443")},
           {"https://api.example.com.evil.example/", refused("https://api.example.com.evil.example")},
           {"https://api.example.com@evil.example/", refused("https://evil.example")},
           {"//evil.example/v1", nowhere},
           {"things?page=2", nowhere}}) {
    script_ = {answer(200)};
    urls_.clear();
    const auto sent = client().send({.target = Target("/things"), .url = url},
                                    [](HttpResponse&) -> Result<void> { return {}; });
    EXPECT_EQ(sent ? urls_.at(0) : sent.error().message, expected) << url;
    EXPECT_EQ(urls_.size(), sent ? 1U : 0U) << url;
    EXPECT_TRUE(sent || sent.error().status == Status::source) << url;
  }
}

TEST_F(Http, AnErrorSaysWhatTheApiSays) {
  options_.error_code = "/error/code";
  options_.error_message = "/error/text";
  options_.credential = "api_key";
  struct Case {
    int status;
    std::string body, expected;
    int source_code;
  };
  for (const auto& [status, body, expected, source_code] : std::vector<Case>{
           {403, R"({"error":{"code":10,"text":"No key"}})", "HTTP 403, code 10: No key (check api_key)", 10},
           {422, R"({"error":{"code":"7","text":"Bad"}})", "HTTP 422, code 7: Bad", 7},
           {422, R"({"error":{"text":"Bad"}})", "HTTP 422: Bad", 0},
           {422, R"({"error":{"code":99999999999,"text":7}})", "HTTP 422", 0},
           {422, "<html>", "HTTP 422: a response of type application/json", 0}}) {
    script_ = {answer(status, body)};
    const auto failed = error();
    EXPECT_EQ(failed.message, "https://api.example.com/v1/things?n=1: " + expected);
    EXPECT_EQ(failed.source_code, source_code) << expected;
    EXPECT_EQ(failed.http_status, status);
  }
}

TEST_F(Http, AForbiddenRequestWithAResetIsMadeAgainAfterIt) {
  options_.rate_headers = {.remaining = "x-remaining", .reset = "x-reset"};
  auto limited = answer(403);
  limited.headers = {{"x-remaining", "0"}, {"x-reset", "7"}};
  script_ = {limited, answer(200, "hello")};
  ASSERT_TRUE(get());
  EXPECT_EQ(body_, "hello");
  EXPECT_EQ(fake_.monotonic(), 7s);
}

TEST_F(Http, DoesNotTryARefusedCredentialAgain) {
  script_ = {answer(401), answer(200)};
  const auto first = error();
  EXPECT_EQ(first.status, Status::auth);
  EXPECT_EQ(first.http_status, 401);
  const auto again = error();
  EXPECT_EQ(again.message, first.message);
  EXPECT_EQ(again.status, Status::auth);
  EXPECT_EQ(urls_.size(), 1U);
}

TEST_F(Http, TriesAgainWhatOneAddressForbids) {
  script_ = {answer(403), answer(200)};
  EXPECT_EQ(error().http_status, 403);
  EXPECT_TRUE(get());
}

TEST_F(Http, OnlyTheFirstCallRetriesAnAddressThatNeverResponded) {
  script_ = {transient_error("no connection")};
  (void)error();
  EXPECT_EQ(urls_.size(), static_cast<size_t>(options_.unanswered_attempts));
  urls_.clear();
  (void)error();
  EXPECT_EQ(urls_.size(), 1U);
  answer_once();
  script_ = {transient_error("reset"), answer(200)};
  EXPECT_TRUE(get()) << "it has responded, and gets all attempts";
}

TEST_F(Http, SendsARequestWithABodyAgainAfterATransientError) {
  answer_once();
  requests_.clear();
  script_ = {answer(503), answer(200, "found")};
  const auto request = HttpRequest::json(Method::post, Target("/search"), {{"q", 1}});
  ASSERT_TRUE(client().send(request, [](HttpResponse&) -> Result<void> { return {}; }));
  ASSERT_EQ(requests_.size(), 2U);
  for (const auto& sent : requests_) {
    EXPECT_EQ(sent.method, Method::post);
    EXPECT_EQ(sent.body, R"({"q":1})");
  }
  EXPECT_EQ(urls_.back(), "https://api.example.com/v1/search");
}

// A response whose headers say that nothing remains until `reset`.
HttpResponse exhausted(int status, std::string reset) {
  auto response = answer(status);
  response.headers = {{"x-remaining", "0"}, {"x-reset", std::move(reset)}};
  return response;
}

TEST_F(Http, WaitsForTheResetWhenNothingRemains) {
  fake_.set_now(*parse_day("2026-01-31") - Day() + Time());
  const auto unix = std::to_string(to_unix_micros(fake_.now()) / 1'000'000 + 7);
  using Reset = RateHeaders::Reset;
  for (const auto& [unit, reset] :
       {std::pair(Reset::seconds_left, std::string("7")), std::pair(Reset::unix_seconds, unix),
        std::pair(Reset::rfc3339, std::string("2026-01-31T00:00:07Z"))}) {
    FakeHost fake;
    fake.set_now(fake_.now());
    options_.rate_headers = {"x-remaining", "x-reset", unit};
    int made = 0;
    HttpClient client(fake.host(), options_, [&, reset = reset](const HttpRequest&, const std::string&) {
      return Result<HttpResponse>(++made == 1 ? exhausted(200, reset) : answer(200));
    });
    const auto get = [&] {
      return client.get(Target("/a"), [](HttpResponse&) -> Result<void> { return {}; });
    };
    ASSERT_TRUE(get());
    EXPECT_TRUE(fake.sleeps().empty());
    ASSERT_TRUE(get());
    EXPECT_EQ(fake.sleeps(), std::vector<Micros>{7s}) << reset;
  }
}

TEST_F(Http, ARateLimitWithoutRetryAfterWaitsForItsReset) {
  options_.rate_headers = {"x-remaining", "x-reset", RateHeaders::Reset::seconds_left};
  script_ = {exhausted(429, "30"), answer(200)};
  ASSERT_TRUE(get());
  EXPECT_EQ(fake_.sleeps(), std::vector<Micros>{30s});
}

TEST_F(Http, IgnoresAResetThatMakesNoSense) {
  options_.rate_headers = {"x-remaining", "x-reset", RateHeaders::Reset::unix_seconds};
  for (const auto* reset : {"", "soon", "0", "-5", "99999999999999999999"}) {
    script_ = {exhausted(200, reset), answer(200)};
    ASSERT_TRUE(get());
    ASSERT_TRUE(get());
    EXPECT_TRUE(fake_.sleeps().empty()) << reset;
  }
}

TEST_F(Http, RetriesATransientErrorWithExponentialBackoffAndJitter) {
  answer_once();
  script_ = {answer(503), transient_error("reset"), answer(500), answer(408), answer(200, "at last")};
  ASSERT_TRUE(get());
  EXPECT_EQ(body_, "at last");
  EXPECT_EQ(urls_.size(), 5U);
  expect_doubling_waits(4);
  EXPECT_EQ(fake_.counter("requests"), 6);
  EXPECT_EQ(fake_.counter("retries"), 4);
}

TEST_F(Http, LogsEachRetryWithItsCauseAndWait) {
  options_.first_backoff = options_.longest_backoff = 1s;
  answer_once();
  script_ = {answer(503, {}, 7s), transient_error("reset by peer"), answer(200)};
  ASSERT_TRUE(get());
  const auto logged = warnings();
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[0], "/things?n=1: HTTP 503; attempt 1 of 6, the next in 7.0 s");
  EXPECT_TRUE(logged[1].starts_with("/things?n=1: reset by peer; attempt 2 of 6, the next in ")) << logged[1];
}

TEST_F(Http, TheBackoffIsLimited) {
  options_.attempts = 60;
  answer_once();
  script_ = {answer(502)};
  error();
  ASSERT_EQ(fake_.sleeps().size(), 59U);
  for (const auto wait : fake_.sleeps()) EXPECT_LE(wait, 60s);
  EXPECT_GE(fake_.sleeps().back(), 30s);
}

TEST_F(Http, ClientsBackOffForDifferentTimes) {
  script_ = {transient_error("reset")};
  std::set<Micros> waits;
  for (int i = 0; i < 20; ++i) {
    HttpClient one(fake_.host(), options_,
                   [&](const HttpRequest&, const std::string&) { return script_.front(); });
    ASSERT_FALSE(one.get(Target("/"), [](HttpResponse&) -> Result<void> { return {}; }));
    waits.insert(fake_.sleeps().back());
  }
  EXPECT_GT(waits.size(), 5U);
}

TEST_F(Http, ReturnsTheLastErrorWithTheUrlAfterAllAttempts) {
  answer_once();
  script_ = {answer(500), answer(500), answer(500), answer(500), answer(500), answer(503), answer(200)};
  const auto last = error();
  EXPECT_EQ(last.status, Status::transient);
  EXPECT_EQ(last.source_code, 503);
  EXPECT_EQ(last.message, "https://api.example.com/v1/things?n=1: HTTP 503");
  EXPECT_EQ(urls_.size(), 6U);
  EXPECT_EQ(fake_.counter("retries"), 5);
}

TEST_F(Http, ASourceThatNeverRespondedGetsFewerAttempts) {
  script_ = {transient_error("no connection to https://api.example.com")};
  EXPECT_EQ(error().message,
            "https://api.example.com/v1/things?n=1: no connection to https://api.example.com");
  EXPECT_EQ(urls_.size(), 3U);
  EXPECT_LE(fake_.monotonic(), 1500ms);
}

TEST_F(Http, ASourceThatRespondedOnceGetsAllAttempts) {
  script_ = {transient_error("reset"), answer(503), transient_error("reset")};
  error();
  EXPECT_EQ(urls_.size(), 6U);
}

TEST_F(Http, WaitsForRetryAfter) {
  answer_once();
  script_ = {answer(503, {}, 42s), answer(429, {}, 90s), answer(200)};
  ASSERT_TRUE(get());
  EXPECT_EQ(fake_.monotonic(), 132s);
}

TEST_F(Http, WaitsTenMinutesAtMostAndReturnsTheFullRetryAfter) {
  options_.rate_limited_attempts = 2;
  answer_once();
  script_ = {answer(429, {}, 3h)};
  const auto last = error();
  EXPECT_EQ(last.status, Status::rate_limited);
  EXPECT_EQ(last.source_code, 429);
  EXPECT_EQ(last.retry_after, 3h);
  EXPECT_EQ(fake_.monotonic(), 10min);
}

TEST_F(Http, EachAttemptObeysTheUsersLimit) {
  fake_.limit_requests(30min);
  answer_once();
  script_ = {answer(429, {}, 10s), answer(503), answer(200)};
  ASSERT_TRUE(get());
  script_ = {answer(200)};
  HttpRequest download{Method::get, Target("/")};
  download.url = "https://files.example.com/export";
  download.is_foreign = true;
  ASSERT_TRUE(client().send(download, [](HttpResponse&) -> Result<void> { return {}; }));
  EXPECT_EQ(urls_.size(), 4U);
  EXPECT_EQ(fake_.request_starts(), (std::vector<Micros>{0min, 30min, 60min, 90min, 120min}));
}

TEST_F(Http, RateLimitedWithoutRetryAfterUsesTheBackoff) {
  script_ = {answer(429), answer(429), answer(200)};
  ASSERT_TRUE(get());
  expect_doubling_waits(2);
}

TEST_F(Http, RateLimitedSlowsLaterRequests) {
  script_ = {answer(200), answer(200), answer(429, {}, 5s), answer(200)};
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(get());
  EXPECT_EQ(urls_.size(), 5U);
  EXPECT_EQ(fake_.sleeps().size(), 2U) << "the pause, and the interval after it";
  EXPECT_GT(fake_.monotonic(), 5s);
}

TEST_F(Http, SuccessesSpeedUpLaterRequests) {
  script_ = {answer(429, {}, 5s), answer(200)};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(get());
  const auto slept = fake_.sleeps().size();
  ASSERT_TRUE(get());
  EXPECT_EQ(fake_.sleeps().size(), slept);
}

TEST_F(Http, RateLimitedAttemptsAreCountedSeparately) {
  answer_once();
  script_.clear();
  for (int i = 0; i < 19; ++i) {
    script_.push_back(answer(429, {}, 1s));
    if (i % 4 == 0) script_.push_back(answer(500));
  }
  script_.push_back(answer(200, "at last"));
  ASSERT_TRUE(get());
  EXPECT_EQ(body_, "at last");
  EXPECT_EQ(urls_.size(), 25U);
}

TEST_F(Http, ARateLimitThatNeverEndsIsAnError) {
  script_ = {answer(429, {}, 2s)};
  const auto last = error();
  EXPECT_EQ(last.status, Status::rate_limited);
  EXPECT_EQ(last.retry_after, 2s);
  EXPECT_EQ(urls_.size(), 20U);
}

TEST_F(Http, APermanentErrorIsNotRetried) {
  for (auto& result :
       std::vector<Result<HttpResponse>>{answer(403), answer(404), answer(422), answer(301),
                                         config_error("bad certificate"), source_error("too large")}) {
    urls_.clear();
    script_ = {result};
    error();
    EXPECT_EQ(urls_.size(), 1U);
  }
  EXPECT_TRUE(fake_.sleeps().empty());
}

TEST_F(Http, EachStatusHasItsClass) {
  options_.attempts = options_.rate_limited_attempts = 1;
  const std::vector<std::pair<int, Status>> classes = {
      {302, Status::source},    {304, Status::source},    {400, Status::source},
      {403, Status::auth},      {404, Status::source},    {408, Status::transient},
      {422, Status::source},    {425, Status::transient}, {429, Status::rate_limited},
      {500, Status::transient}, {502, Status::transient}, {503, Status::transient},
      {504, Status::transient}, {599, Status::transient}, {401, Status::auth}};
  for (const auto& [status, expected] : classes) {
    script_ = {answer(status)};
    const auto got = error();
    EXPECT_EQ(got.status, expected) << status;
    EXPECT_EQ(got.source_code, status);
    EXPECT_EQ(got.message, "https://api.example.com/v1/things?n=1: HTTP " + std::to_string(status));
  }
}

TEST_F(Http, ARedirectIsAnErrorThatNamesItsTarget) {
  auto moved = answer(302);
  moved.redirect = "https://elsewhere.example.com";
  script_ = {moved};
  EXPECT_EQ(error().message,
            "https://api.example.com/v1/things?n=1: HTTP 302, a redirect to https://elsewhere.example.com, "
            "which is not followed");
}

TEST_F(Http, ClassifyReplacesTheDefaultClasses) {
  options_.classify = [](const HttpResponse& response) {
    if (response.status == 404) return transient_error("not yet there", 17).value();
    return source_error(response.body, 18).value();
  };
  script_ = {answer(404, {}, 5s), answer(503, "closed on Sundays")};
  const auto last = error();
  EXPECT_EQ(last.status, Status::source);
  EXPECT_EQ(last.source_code, 18);
  EXPECT_EQ(last.message, "https://api.example.com/v1/things?n=1: closed on Sundays");
  EXPECT_EQ(fake_.monotonic(), 5s) << "Retry-After counts with any classifier";
}

TEST_F(Http, RetriesATransientErrorOfTheHandler) {
  script_ = {answer(200, "<html>"), answer(200, "{\"n\":"), answer(200, "{}")};
  std::vector<std::string> seen;
  ASSERT_TRUE(client().get(Target("/things"), [&](HttpResponse& response) -> Result<void> {
    seen.push_back(response.body);
    if (response.body != "{}") return transient_error("no JSON");
    return {};
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"<html>", "{\"n\":", "{}"}));
  EXPECT_EQ(fake_.counter("retries"), 2);
  ASSERT_EQ(warnings().size(), 2U);
  EXPECT_TRUE(warnings()[0].starts_with("/things: no JSON; attempt 1 of 6")) << warnings()[0];
}

TEST_F(Http, ReturnsAPermanentErrorOfTheHandler) {
  script_ = {answer(200, "{}")};
  const auto got = client().get(
      Target("/things"), [](HttpResponse&) -> Result<void> { return source_error("a row has no id", 3); });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().status, Status::source);
  EXPECT_EQ(got.error().source_code, 3);
  EXPECT_EQ(got.error().message, "https://api.example.com/v1/things: a row has no id");
  EXPECT_EQ(urls_.size(), 1U);
}

TEST_F(Http, ACancelEndsTheWaitBetweenAttempts) {
  script_ = {answer(503, {}, 5min)};
  fake_.cancel_in_sleep();
  EXPECT_EQ(error().status, Status::cancelled);
  EXPECT_EQ(urls_.size(), 1U);
}

TEST_F(Http, ACancelEndsThePauseOfTheRateLimit) {
  script_ = {answer(429, {}, 5min)};
  fake_.cancel_in_sleep();
  EXPECT_EQ(error().status, Status::cancelled);
  EXPECT_EQ(urls_.size(), 1U);
}

TEST_F(Http, MakesNoRequestAfterACancel) {
  script_ = {answer(200)};
  fake_.cancel();
  EXPECT_EQ(error().status, Status::cancelled);
  EXPECT_TRUE(urls_.empty());
}

TEST_F(Http, ATargetWithAnErrorIsNotRequested) {
  script_ = {answer(200)};
  for (const auto& target : {Target(".evil.example/"), Target("/things/{id}", {{"id", ".."}})}) {
    const auto got = client().get(target, [](HttpResponse&) -> Result<void> { return {}; });
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().message, target.error()->message);
  }
  EXPECT_TRUE(urls_.empty());
}

// With any client, because the retries multiply in any case.
TEST_F(Http, ARequestInsideAHandlerIsAnError) {
  script_ = {answer(200)};
  HttpClient other(
      fake_.host(), options_,
      [](const HttpRequest&, const std::string&) -> Result<HttpResponse> { return answer(200); });
  const auto nothing = [](HttpResponse&) -> Result<void> { return {}; };
  for (auto* inner : {&client(), &other}) {
    urls_.clear();
    const auto got = client().get(Target("/outer"), [&](HttpResponse&) -> Result<void> {
      return inner->get(Target("/inner"), nothing);
    });
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().status, Status::internal);
    EXPECT_NE(got.error().message.find("/v1/inner: requested inside the handler of another response"),
              std::string::npos)
        << got.error().message;
    EXPECT_EQ(urls_, std::vector<std::string>{"https://api.example.com/v1/outer"});
  }
  EXPECT_TRUE(client().get(Target("/after"), nothing));
  // Also after a handler that throws.
  EXPECT_ANY_THROW(
      (void)client().get(Target("/outer"), [](HttpResponse&) -> Result<void> { throw std::bad_alloc(); }));
  EXPECT_TRUE(client().get(Target("/after"), nothing));
}

}  // namespace
}  // namespace tapster
