// What authenticators send, and when OAuth2 requests a token, with a scripted API and in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tapster/http.hpp>
#include <tapster/testing/fake_host.hpp>
#include <thread>
#include <vector>

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

class Authenticators : public testing::Test {
 protected:
  Authenticators() {
    options_.base_url = "https://api.example.com/v1";
    options_.credential = "client_secret";
    options_.error_message = "/message";
  }

  HttpClient& client() {
    if (!client_)
      client_ = std::make_unique<HttpClient>(fake_.host(), options_,
                                             [this](const HttpRequest& request, const std::string& url) {
                                               {
                                                 const std::lock_guard lock(mutex_);
                                                 urls_.push_back(url);
                                                 requests_.push_back(request);
                                               }
                                               return respond_(request, url);
                                             });
    return *client_;
  }
  Result<void> get(const Target& target = Target("/things").with("n", 1)) { return client().get(target); }
  Error error() {
    const auto got = get();
    EXPECT_FALSE(got);
    return got ? Error{} : got.error();
  }

  // All that the host was given to show, and the text of an error.
  [[nodiscard]] std::string shown(const Error& error) const {
    auto text = error.message;
    for (const auto& log : fake_.logs()) text += "\n" + log.message;
    return text;
  }

  FakeHost fake_;
  HttpOptions options_;
  std::function<Result<HttpResponse>(const HttpRequest&, const std::string& url)> respond_ =
      [](const HttpRequest&, const std::string&) { return HttpResponse{.status = 200}; };
  std::mutex mutex_;
  Texts urls_;
  std::vector<HttpRequest> requests_;

 private:
  std::unique_ptr<HttpClient> client_;
};

TEST_F(Authenticators, CredentialsInHeaders) {
  struct Case {
    Authenticator authenticator;
    Texts headers, secrets;
  };
  for (const auto& [authenticator, headers, secrets] :
       std::vector<Case>{{std::monostate(), {}, {}},
                         {ApiKey{.key = "k-1"}, {"X-Api-Key: k-1"}, {"k-1"}},
                         {ApiKey{in_header("Token"), "k-1"}, {"Token: k-1"}, {"k-1"}},
                         {BearerToken{"t-1"}, {"Authorization: Bearer t-1"}, {"t-1"}},
                         {BasicAuth{"Aladdin", "open sesame"},
                          {"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
                          {"open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}}}) {
    FakeHost fake;
    options_.authenticator = authenticator;
    Texts sent;
    HttpClient client(fake.host(), options_, [&](const HttpRequest& request, const std::string&) {
      sent = request.headers;
      return HttpResponse{.status = 200};
    });
    ASSERT_TRUE(client.get(Target("/things")));
    EXPECT_EQ(sent, headers);
    EXPECT_EQ(fake.secrets(), secrets);
  }
}

TEST_F(Authenticators, AKeyInTheQueryIsNotShown) {
  options_.authenticator = ApiKey{in_query("api key"), "k/1 secret"};
  respond_ = [&](const HttpRequest&, const std::string&) -> Result<HttpResponse> {
    if (urls_.size() == 1) return transient_error("no connection");
    if (urls_.size() == 2)
      return HttpResponse{.status = 503, .body = R"({"message":"busy: k%2F1%20secret"})"};
    return HttpResponse{.status = 404, .body = R"({"message":"k/1 secret has no things"})"};
  };
  const auto failed = error();
  EXPECT_EQ(failed.message, "https://api.example.com/v1/things?n=1: HTTP 404: *** has no things");
  EXPECT_EQ(urls_, Texts(3, "https://api.example.com/v1/things?n=1&api%20key=k%2F1%20secret"));
  EXPECT_EQ(shown(failed).find("secret"), std::string::npos) << shown(failed);
  EXPECT_EQ(fake_.secrets(), Texts{"k/1 secret"});
}

TEST_F(Authenticators, AKeyReplacesTheOneInAUrlOfTheApi) {
  options_.authenticator = ApiKey{in_query("key"), "k-1"};
  for (const auto& [url, sent] : std::vector<std::pair<std::string, std::string>>{
           {"/v1/things", "/v1/things?key=k-1"},
           {"/v1/things?", "/v1/things?key=k-1"},
           {"/v1/things?page=2", "/v1/things?page=2&key=k-1"},
           {"/v1/things?key=old&page=2&monkey=1", "/v1/things?page=2&monkey=1&key=k-1"}}) {
    ASSERT_TRUE(
        client().send({.target = Target("/"), .url = url}, [](HttpResponse&) { return Result<void>(); }));
    EXPECT_EQ(urls_.back(), "https://api.example.com" + sent);
  }
}

TEST_F(Authenticators, AFunctionChangesEachRequest) {
  int calls = 0;
  options_.authenticator = [&](HttpRequest& request) -> Result<void> {
    if (++calls == 3) return auth_error("the certificate has expired");
    request.headers.push_back("X-Signature: " + std::to_string(calls));
    request.target = request.target.with("signature", calls);
    return {};
  };
  respond_ = [&](const HttpRequest&, const std::string&) {
    return HttpResponse{.status = urls_.size() == 1 ? 503 : 200};
  };
  ASSERT_TRUE(get());
  EXPECT_EQ(urls_, (Texts{"https://api.example.com/v1/things?n=1&signature=1",
                          "https://api.example.com/v1/things?n=1&signature=2"}));
  EXPECT_EQ(requests_[1].headers, Texts{"X-Signature: 2"});
  EXPECT_EQ(error().message, "the certificate has expired");
  EXPECT_EQ(urls_.size(), 2U);
  for (const auto& log : fake_.logs()) EXPECT_EQ(log.message.find("signature"), std::string::npos);
}

TEST_F(Authenticators, MistakesFailBeforeAnyRequest) {
  struct Case {
    Authenticator authenticator;
    std::string message;
    Status status = Status::config;
  };
  options_.base_url = "https://127.0.0.1:1";
  for (const auto& [authenticator, message, status] : std::vector<Case>{
           {BearerToken{"a\nb"}, "the value of the header Authorization contains a line break"},
           {ApiKey{.key = "a\rb"}, "the value of the header X-Api-Key contains a line break"},
           {ApiKey{in_body("/key"), "a"}, "ApiKey: the key goes in a header or the query", Status::internal},
           {BasicAuth{"a:b", "c"}, "the user name of a Basic credential contains a colon"},
           {OAuth2{.token_url = "http://127.0.0.1:1/token"},
            "the token URL begins with http:// and the base URL with https://: they must be the same"},
           {OAuth2{.token_url = "token"}, "the token URL is not an absolute URL without a user name"},
           {OAuth2{.token_url = "https://a:b@c.example/token"},
            "the token URL is not an absolute URL without a user name"}}) {
    options_.authenticator = authenticator;
    const auto made = HttpClient::create(fake_.host(), options_);
    ASSERT_FALSE(made) << message;
    EXPECT_EQ(made.error().message, message);
    EXPECT_EQ(made.error().status, status);
  }
}

// An API with OAuth2: its tokens are "access-1", "access-2" and so on.
class OAuth2Api : public Authenticators {
 protected:
  OAuth2Api() {
    options_.authenticator =
        OAuth2{.token_url = "/oauth/token", .client_id = "me", .client_secret = "pass/word"};
    respond_ = [this](const HttpRequest& request, const std::string& url) -> Result<HttpResponse> {
      if (url == "https://api.example.com/v1/oauth/token") {
        if (on_token_) return on_token_(request);
        return grant();
      }
      const std::lock_guard lock(api_mutex_);
      const auto token = request.headers.empty() ? std::string() : request.headers.back();
      const auto secrets = fake_.secrets();
      EXPECT_TRUE(
          std::any_of(secrets.begin(), secrets.end(),
                      [&](const std::string& secret) { return token == "Authorization: Bearer " + secret; }))
          << "a token was used before it was announced: " << token;
      seen_.push_back(token.substr(token.rfind(' ') + 1));
      return HttpResponse{.status = seen_.back() == valid_ || valid_.empty() ? 200 : 401, .body = "{}"};
    };
  }
  void use(OAuth2 oauth) {
    oauth.token_url = "/oauth/token";
    options_.authenticator = std::move(oauth);
  }
  HttpResponse grant() {
    const std::lock_guard lock(api_mutex_);
    if (is_fresh_valid_) valid_ = "access-" + std::to_string(granted_ + 1);
    return {.status = 200,
            .body = R"({"access_token":"access-)" + std::to_string(++granted_) +
                    R"(","token_type":"Bearer")" + more_ + "}"};
  }
  // The bodies of the token requests.
  [[nodiscard]] Texts token_requests() const {
    Texts bodies;
    for (size_t i = 0; i < urls_.size(); ++i) {
      if (urls_[i].ends_with("/oauth/token")) bodies.push_back(requests_[i].body);
    }
    return bodies;
  }

  std::mutex api_mutex_;
  int granted_ = 0;
  std::string more_;             // members of each grant
  std::string valid_;            // the only token that the API accepts; empty for all
  bool is_fresh_valid_ = false;  // the API accepts the newest token only
  Texts seen_;                   // the tokens of the API's requests
  std::function<Result<HttpResponse>(const HttpRequest&)> on_token_;
};

TEST_F(OAuth2Api, ATokenIsRequestedOnceWithAForm) {
  use({.client_id = "me",
       .client_secret = "pass/word",
       .scope = "read write",
       .fields = {{"audience", "https://api.example.com"}}});
  ASSERT_TRUE(get());
  ASSERT_TRUE(get());
  EXPECT_EQ(token_requests(),
            Texts{"grant_type=client_credentials&client_id=me&client_secret=pass%2Fword&scope=read%20write&"
                  "audience=https:%2F%2Fapi.example.com"});
  EXPECT_EQ(requests_[0].headers,
            (Texts{"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"}));
  EXPECT_EQ(requests_[0].method, Method::post);
  EXPECT_EQ(seen_, (Texts{"access-1", "access-1"}));
  EXPECT_EQ(fake_.counter("requests"), 3);
  EXPECT_EQ(fake_.logs()[0].message.substr(0, 63),
            "POST https://api.example.com/v1/oauth/token: HTTP 200, 49 bytes");
}

TEST_F(OAuth2Api, TheClientCanAuthenticateInAHeader) {
  use({.client_id = "me", .client_secret = "pass/word", .client = OAuth2::Client::basic});
  ASSERT_TRUE(get());
  EXPECT_EQ(token_requests(), Texts{"grant_type=client_credentials"});
  const std::string basic = "bWU6cGFzcyUyRndvcmQ=";  // me:pass%2Fword
  EXPECT_EQ(requests_[0].headers.back(), "Authorization: Basic " + basic);
  const auto secrets = fake_.secrets();
  EXPECT_EQ(std::count(secrets.begin(), secrets.end(), basic), 1);
}

TEST_F(OAuth2Api, ATokenIsRenewedBeforeItExpires) {
  struct Case {
    std::string more;
    std::chrono::milliseconds life;  // of use; zero for ever
  };
  for (const auto& [more, life] : std::vector<Case>{{R"(,"expires_in":3600)", 3540s},
                                                    {R"(,"expires_in":"3600")", 3540s},
                                                    {R"(,"expires_in":3600.0)", 3540s},
                                                    {R"(,"expires_in":100)", 50s},
                                                    {R"(,"expires_in":3)", 1500ms},
                                                    {R"(,"expires_in":0)", 0s},
                                                    {R"(,"expires_in":"soon")", 0s},
                                                    {"", 0s}}) {
    FakeHost fake;
    int granted = 0;
    HttpClient client(fake.host(), options_, [&](const HttpRequest&, const std::string& url) {
      if (!url.ends_with("token")) return HttpResponse{.status = 200};
      ++granted;
      return HttpResponse{.status = 200, .body = R"({"access_token":"token")" + more + "}"};
    });
    const auto get = [&] { return client.get(Target("/things")); };
    ASSERT_TRUE(get());
    fake.advance(life == 0s ? 1000h : life - 1ms);
    ASSERT_TRUE(get());
    EXPECT_EQ(granted, 1) << more;
    fake.advance(1ms);
    ASSERT_TRUE(get());
    EXPECT_EQ(granted, life == 0s ? 1 : 2) << more;
  }
}

TEST_F(OAuth2Api, A401IsFollowedByOneNewToken) {
  is_fresh_valid_ = true;
  ASSERT_TRUE(get());
  valid_ = "none";
  ASSERT_TRUE(get());
  EXPECT_EQ(seen_, (Texts{"access-1", "access-1", "access-2"}));
  EXPECT_EQ(fake_.counter("retries"), 1);
  ASSERT_TRUE(get());
  EXPECT_EQ(seen_.back(), "access-2");
}

TEST_F(OAuth2Api, A401ToANewTokenStopsTheClient) {
  valid_ = "none";
  const auto failed = error();
  EXPECT_EQ(failed.status, Status::auth);
  EXPECT_EQ(failed.message, "https://api.example.com/v1/things?n=1: HTTP 401 (check client_secret)");
  EXPECT_EQ(seen_, (Texts{"access-1", "access-2"}));
  EXPECT_EQ(error().message, failed.message);
  EXPECT_EQ(urls_.size(), 4U) << "the refused credential was tried again";
}

TEST_F(OAuth2Api, ThreadsShareARenewal) {
  is_fresh_valid_ = true;
  ASSERT_TRUE(get());
  valid_ = "none";
  std::vector<std::thread> threads;
  std::atomic<int> succeeded = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) succeeded += get() ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 160);
  EXPECT_EQ(granted_, 2);
}

TEST_F(OAuth2Api, TokenRequestsAndWhatFollowsThemObeyTheUsersLimit) {
  fake_.limit_requests(10s);
  std::vector<std::chrono::microseconds> moments;
  const auto respond = respond_;
  respond_ = [&](const HttpRequest& request, const std::string& url) {
    moments.push_back(fake_.monotonic());
    fake_.advance(9s);  // until the response
    return respond(request, url);
  };
  is_fresh_valid_ = true;
  ASSERT_TRUE(get());
  valid_ = "none";
  ASSERT_TRUE(get());
  EXPECT_EQ(seen_, (Texts{"access-1", "access-1", "access-2"}));
  ASSERT_EQ(moments.size(), 5U);
  for (size_t i = 1; i < moments.size(); ++i) EXPECT_GE(moments[i] - moments[i - 1], 10s) << i;
}

// Each thread looks for a cancel when its request has started, and again while it waits for a token.
TEST_F(OAuth2Api, ThreadsThatWaitedForATokenTakeAnotherTurn) {
  static std::mutex mutex;
  static std::map<std::thread::id, int> looks;
  looks.clear();
  auto table = *fake_.table();
  table.cancelled = [](void* self) -> int32_t {
    const std::lock_guard lock(mutex);
    ++looks[std::this_thread::get_id()];
    return static_cast<FakeHost*>(self)->is_cancelled() ? 1 : 0;
  };
  constexpr std::ptrdiff_t threads = 4;
  on_token_ = [&](const HttpRequest&) -> Result<HttpResponse> {
    const auto waits = [](const auto& each) { return each.second > 1; };
    for (std::unique_lock lock(mutex); std::count_if(looks.begin(), looks.end(), waits) < threads;) {
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
    return grant();
  };
  HttpClient made(Host(&table), options_, respond_);
  std::vector<std::thread> workers;
  for (std::ptrdiff_t i = 0; i < threads; ++i)
    workers.emplace_back([&] { EXPECT_TRUE(made.get(Target("/things"))); });
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(seen_.size(), size_t{threads});
  EXPECT_EQ(fake_.request_starts().size(), size_t{threads + 1 + threads});
}

TEST_F(OAuth2Api, ACancelEndsTheWaitForATokenOfAnotherThread) {
  std::atomic<bool> is_requested = false;
  std::atomic<bool> may_end = false;
  on_token_ = [&](const HttpRequest&) -> Result<HttpResponse> {
    is_requested = true;
    while (!may_end) std::this_thread::yield();
    return cancelled();
  };
  auto& made = client();
  std::thread first([&] { EXPECT_EQ(made.get(Target("/a")).error().status, Status::cancelled); });
  while (!is_requested) std::this_thread::yield();
  std::thread second([&] { EXPECT_EQ(made.get(Target("/b")).error().status, Status::cancelled); });
  fake_.cancel();
  second.join();
  may_end = true;
  first.join();
  EXPECT_TRUE(seen_.empty());
}

TEST_F(OAuth2Api, ARefusedCredentialNamesItsSettingAndIsNotTriedAgain) {
  struct Case {
    int status;
    std::string body, message;
    Status expected = Status::auth;
  };
  const std::string url = "https://api.example.com/v1/oauth/token: ";
  for (const auto& [status, body, message, expected] : std::vector<Case>{
           {400, R"({"error":"invalid_grant","error_description":"refresh-0 has\nbeen revoked"})",
            "HTTP 400, invalid_grant: *** has been revoked (check refresh_token)"},
           {401, R"({"error":"invalid_client"})", "HTTP 401, invalid_client (check client_secret)"},
           {400, "<html>", "HTTP 400 (check refresh_token)"},
           {403, "", "HTTP 403 (check refresh_token)"},
           {200, R"({"error":"bad_verification_code"})",
            "HTTP 200, bad_verification_code (check refresh_token)"},
           {200, R"({"token":"x"})", "the response has no access_token", Status::source},
           {404, "", "HTTP 404", Status::source}}) {
    FakeHost fake;
    use({.grant = OAuth2::Grant::refresh_token,
         .client_id = "me",
         .client_secret = "pass/word",
         .refresh_token = "refresh-0",
         .store = "refresh_token"});
    int requests = 0;
    HttpClient client(fake.host(), options_, [&](const HttpRequest&, const std::string&) {
      ++requests;
      return HttpResponse{.status = status, .body = body};
    });
    for (int i = 0; i < 2; ++i) {
      const auto got = client.get(Target("/things"));
      ASSERT_FALSE(got);
      EXPECT_EQ(got.error().message, url + message);
      EXPECT_EQ(got.error().status, expected);
    }
    EXPECT_EQ(requests, 1) << message;
  }
}

TEST_F(OAuth2Api, ATokenRequestIsRetriedAsAnyOther) {
  int requests = 0;
  on_token_ = [&](const HttpRequest&) -> Result<HttpResponse> {
    switch (++requests) {
      case 1:
        return transient_error("the connection failed");
      case 2:
        return HttpResponse{.status = 503};
      case 3:
        return HttpResponse{.status = 429, .retry_after = 7s};
      case 4:
        return HttpResponse{.status = 400, .body = R"({"error":"temporarily_unavailable"})"};
      case 5:
        return HttpResponse{.status = 200, .body = "<html>"};
      default:
        return grant();
    }
  };
  ASSERT_TRUE(get());
  EXPECT_EQ(requests, 6);
  EXPECT_EQ(fake_.counter("retries"), 5);
  EXPECT_EQ(fake_.counter("requests"), 7);
}

class RotatingApi : public OAuth2Api {
 protected:
  RotatingApi() {
    use({.grant = OAuth2::Grant::refresh_token,
         .client_id = "me",
         .client_secret = "pass/word",
         .refresh_token = "refresh-0",
         .store = "refresh_token"});
    is_fresh_valid_ = true;
    on_token_ = [this](const HttpRequest&) -> Result<HttpResponse> {
      more_ = R"(,"refresh_token":"refresh-)" + std::to_string(granted_ + 1) + "\"";
      stores_at_requests_.push_back(fake_.stores().size());
      return grant();
    };
  }
  std::vector<size_t> stores_at_requests_;
};

TEST_F(RotatingApi, ARefreshTokenIsStoredBeforeItIsUsed) {
  ASSERT_TRUE(get());
  valid_ = "none";
  ASSERT_TRUE(get());
  EXPECT_EQ(
      token_requests(),
      (Texts{"grant_type=refresh_token&refresh_token=refresh-0&client_id=me&client_secret=pass%2Fword",
             "grant_type=refresh_token&refresh_token=refresh-1&client_id=me&client_secret=pass%2Fword"}));
  EXPECT_EQ(fake_.stores(),
            (Texts{"refresh_token=refresh-0", "refresh_token=refresh-1", "refresh_token=refresh-2"}));
  EXPECT_EQ(stores_at_requests_, (std::vector<size_t>{1, 2}));
  for (const auto* token : {"refresh-0", "refresh-1", "refresh-2", "access-1", "access-2"}) {
    const auto secrets = fake_.secrets();
    EXPECT_EQ(std::count(secrets.begin(), secrets.end(), token), 1) << token;
  }
}

TEST_F(RotatingApi, WithoutAPlaceForTheTokenNoneIsRequested) {
  fake_.fail_stores_after(0);
  EXPECT_EQ(error().message, "refresh_token cannot be kept");
  EXPECT_EQ(error().status, Status::config);
  EXPECT_TRUE(urls_.empty());
}

TEST_F(RotatingApi, ATokenThatCannotBeStoredIsNotUsed) {
  fake_.fail_stores_after(1);
  EXPECT_EQ(error().message, "refresh_token cannot be kept");
  EXPECT_EQ(error().status, Status::config);
  EXPECT_EQ(urls_.size(), 1U);
  EXPECT_TRUE(seen_.empty());
}

TEST_F(RotatingApi, AnUnchangedTokenIsNotStoredAgain) {
  on_token_ = [this](const HttpRequest&) -> Result<HttpResponse> {
    more_ = R"(,"refresh_token":"refresh-0")";
    return grant();
  };
  ASSERT_TRUE(get());
  EXPECT_EQ(fake_.stores(), Texts{"refresh_token=refresh-0"});
}

TEST_F(RotatingApi, AConnectorThatDoesNotStoreWarnsOnce) {
  auto oauth = std::get<OAuth2>(options_.authenticator);
  oauth.store = "";
  use(oauth);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(get());
    valid_ = "none";
  }
  EXPECT_EQ(granted_, 3);
  EXPECT_TRUE(fake_.stores().empty());
  ASSERT_EQ(fake_.logs(TAPSTER_LOG_WARNING).size(), 1U);
  EXPECT_NE(fake_.logs(TAPSTER_LOG_WARNING)[0].message.find("does not keep the new one"), std::string::npos);
}

TEST_F(RotatingApi, OnAnOldHostItWarns) {
  fake_.become_old();
  respond_ = [this](const HttpRequest& request, const std::string& url) -> Result<HttpResponse> {
    return url.ends_with("token") ? on_token_(request) : HttpResponse{.status = 200};
  };
  ASSERT_TRUE(get());
  EXPECT_TRUE(fake_.stores().empty());
  EXPECT_EQ(fake_.logs(TAPSTER_LOG_WARNING).back().message,
            "this version of the host cannot keep a new value of \"refresh_token\" for the next run");
}

}  // namespace
}  // namespace tapster
