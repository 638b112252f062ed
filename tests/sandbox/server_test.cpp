// The sandbox over HTTP, with and without faults.
#include "server.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <tapster/time.hpp>

namespace tapster::sandbox {
namespace {

struct Seen {
  CURLcode code = CURLE_OK;
  long status = 0;
  curl_off_t retry_after = 0;
  std::string body;
};

class SandboxServer : public testing::Test {
 protected:
  Seen get(const std::string& target) {
    Seen seen;
    CURL* easy = curl_easy_init();
    curl_slist* headers = curl_slist_append(nullptr, "X-Postmark-Server-Token: sandbox-token");
    curl_easy_setopt(easy, CURLOPT_URL, (server_.base_url() + target).c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &seen.body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &SandboxServer::append);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 20'000L);
    seen.code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &seen.status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seen.retry_after);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return seen;
  }
  static size_t append(char* data, size_t size, size_t count, void* body) {
    static_cast<std::string*>(body)->append(data, size * count);
    return size * count;
  }
  void inject(const std::string& text) { server_.inject(parse_fault(text)); }

  Account account_{
      {.messages = 100, .days = 3, .now = std::chrono::floor<Ticks>(*parse_time("2026-11-20T12:00:00Z"))}};
  Api api_{account_, {}};
  Server server_{api_};
  const std::string list_ = "/messages/outbound?count=50&offset=0";
};

TEST_F(SandboxServer, RespondsAndRecordsRequests) {
  const auto seen = get(list_);
  EXPECT_EQ(seen.code, CURLE_OK);
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.body, api_.get(list_, "sandbox-token").body);
  EXPECT_EQ(server_.requests(), std::vector<std::string>{list_});
}

TEST_F(SandboxServer, AFaultAffectsEveryNthRequestOfItsPath) {
  inject("/messages:every=3:times=2:status=429:retry-after=7");
  std::vector<long> statuses;
  for (int i = 0; i < 10; ++i) {
    const auto seen = get(list_);
    statuses.push_back(seen.status);
    EXPECT_EQ(seen.retry_after, seen.status == 429 ? 7 : 0);
  }
  EXPECT_EQ(statuses, (std::vector<long>{200, 200, 429, 200, 200, 429, 200, 200, 200, 200}));
  EXPECT_EQ(get("/deliverystats").status, 200);
}

TEST_F(SandboxServer, AFaultCanBeLimitedToOneToken) {
  inject("/:token=another-token:status=503");
  EXPECT_EQ(get(list_).status, 200);
  inject("/:token=sandbox-token:status=503");
  EXPECT_EQ(get(list_).status, 503);
}

TEST_F(SandboxServer, EachFaultHasItsEffect) {
  const auto whole = api_.get(list_, "sandbox-token").body;
  const auto meet = [&](const std::string& kind) {
    server_.clear_faults();
    inject("/:" + kind);
    return get(list_);
  };
  EXPECT_EQ(meet("status=503").status, 503);
  EXPECT_EQ(meet("html:status=200").body.substr(0, 6), "<html>");
  EXPECT_EQ(meet("reset").code, CURLE_RECV_ERROR);
  const auto truncated = meet("truncated");
  EXPECT_EQ(truncated.code, CURLE_PARTIAL_FILE);
  EXPECT_EQ(truncated.body, whole.substr(0, whole.size() / 2));
  EXPECT_EQ(meet("malformed").body.size(), whole.size() - 2);
  EXPECT_EQ(meet("empty").body, "");
}

TEST_F(SandboxServer, AnUnknownFaultIsRejected) {
  EXPECT_THROW(parse_fault("/x:whirlwind"), std::invalid_argument);
}

}  // namespace
}  // namespace tapster::sandbox
