// The connector against the demo API, in this process. Time is that of the FakeHost: 2026-01-31 at first.
#include "sample.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <tapster/testing/sync.hpp>
#include <vector>

#include "demo/demo_api.hpp"

using namespace tapster;

namespace {

json::object config(const HttpServer& api, const std::string& token = demo::token) {
  return {{"token", token}, {"start_date", "2025-01-01"}, {"base_url", api.url()}};
}

std::vector<int64_t> ids(const SyncedStream& stream) {
  std::vector<int64_t> ids;
  for (const auto& record : stream.records()) ids.push_back(record.at("id").to_number<int64_t>());
  return ids;
}

std::vector<int64_t> range(int64_t first, int64_t last) {
  std::vector<int64_t> range;
  for (auto i = first; i <= last; ++i) range.push_back(i);
  return range;
}

Time time(const std::string& text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}

TEST(Streams, EachRowIsReadOnce) {
  const HttpServer api(demo::respond);
  FakeHost host;
  const auto synced = sync_streams(connector(), config(api), host);
  EXPECT_EQ(synced.errors(), "");
  EXPECT_EQ(ids(synced["customers"]), range(1, demo::customer_count));
  EXPECT_EQ(ids(synced["orders"]), range(1, demo::order_count));
}

TEST(Streams, AColumnHasTheValueOfItsPath) {
  const HttpServer api(demo::respond);
  FakeHost host;
  const auto synced = sync_streams(connector(), config(api), host);
  EXPECT_EQ(json::serialize(synced["customers"].records().at(1)),
            R"({"id":2,"name":"Customer 2","city":"Zürich","created_at":"2024-12-31T22:00:00.000000Z"})");
  EXPECT_EQ(json::serialize(synced["orders"].records().at(0)),
            R"({"id":1,"customer_id":2,"status":"paid","amount":1250,)"
            R"("updated_at":"2025-01-01T03:00:00.000000Z"})");
}

TEST(Streams, TheNextSyncReadsWhatHasChangedSince) {
  const HttpServer api(demo::respond);
  FakeHost host;
  host.set_now(time("2025-01-02T00:00:00Z"));  // order 8 changes in this second
  const auto first = sync_streams(connector(), config(api), host);
  EXPECT_EQ(first.errors(), "");
  EXPECT_EQ(ids(first["orders"]), range(1, 7));

  host.set_now(time("2025-01-03T00:00:00Z"));
  const auto second = sync_streams(connector(), config(api), host, {.states = first.states()});
  EXPECT_EQ(second.errors(), "");
  EXPECT_EQ(ids(second["orders"]), range(8, 15));
  EXPECT_EQ(ids(second["customers"]), range(1, demo::customer_count)) << "a full table is read completely";
}

TEST(Streams, ABrokenResponseIsRequestedAgain) {
  for (const auto fault : quick_faults) {
    std::atomic<int> count = 0;
    const HttpServer api([&](const HttpServer::Request& request) {
      auto response = demo::respond(request);
      if (++count % 3 == 1) response.fault = fault;
      return response;
    });
    FakeHost host;
    const auto synced = sync_streams(connector(), config(api), host);
    EXPECT_EQ(synced.errors(), "") << to_string(fault);
    EXPECT_EQ(ids(synced["customers"]), range(1, demo::customer_count)) << to_string(fault);
    EXPECT_EQ(ids(synced["orders"]), range(1, demo::order_count)) << to_string(fault);
  }
}

TEST(Check, AWrongTokenIsAnAuthError) {
  const HttpServer api(demo::respond);
  FakeHost host;
  auto source = OpenSource::open(connector(), config(api, "another-token"), host);
  ASSERT_TRUE(source) << source.error().message;
  const auto checked = source->check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().status, Status::auth);
  EXPECT_EQ(checked.error().message.find("another-token"), std::string::npos) << "a secret in an error";
}

}  // namespace
