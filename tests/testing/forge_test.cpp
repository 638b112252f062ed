// Tests of a connector for an HTTP API, as in the SDK's README.
#include <gtest/gtest.h>

#include <string>
#include <tapster/testing/replay.hpp>
#include <tapster/testing/script.hpp>
#include <tapster/testing/sync.hpp>
#include <vector>

#include "paths.hpp"

using namespace tapster;

json::object config_for(const std::string& url) {
  return {{"token", "any"}, {"repositories", {"alpha"}}, {"base_url", url}, {"start_date", "2024-01-01"}};
}

TEST(ForgeConnector, ReadsRepositoriesInSpiteOfFaults) {
  ScriptedServer server;
  server.answer("GET", "/repos", {.body = R"({"total":1,"items":[{"id":7,"name":"alpha"}]})"});
  for (const auto fault : quick_faults) server.fail("GET", "/repos", fault);

  FakeHost host;
  const auto& forge = *tapster_connector_v1(TAPSTER_ABI_VERSION);
  const auto synced = sync_streams(forge, config_for(server.url()), host, {.streams = {"repositories"}});
  EXPECT_EQ(synced.errors(), "");
  ASSERT_EQ(synced["repositories"].records().size(), 1U);
  EXPECT_EQ(synced["repositories"].records()[0].at("name"), "alpha");
  EXPECT_EQ(server.unexpected(), std::vector<std::string>());
}

TEST(ForgeConnector, ReadsTheRepositoriesThatWereRecorded) {
  Replay replay(paths::recorded);
  FakeHost host;
  host.hold_now(replay.now());
  const auto& forge = *tapster_connector_v1(TAPSTER_ABI_VERSION);
  const auto synced =
      sync_streams(forge, config_for(replay.url() + "/api"), host, {.streams = {"repositories"}});
  EXPECT_EQ(synced.errors(), "");
  EXPECT_EQ(replay.unexpected(), std::vector<std::string>());
  ASSERT_EQ(synced["repositories"].records().size(), 1U);
  EXPECT_EQ(synced["repositories"].records()[0].at("private"), true);
}
