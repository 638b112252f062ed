// A sync in the process of a test: rows, states and errors of a connector that counts.
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <tapster/testing/sync.hpp>
#include <vector>

namespace tapster {
namespace {

// The stream has one slice for each number above the state's in each partition, and fails where the config
// says so.
SourceStream counted(const std::string& name, const json::object& config) {
  SourceStream made{.stream = {.name = name,
                               .description = "Numbers.",
                               .key = {"n"},
                               .columns = {{"n", Type::integer}, {"partition", Type::string}}}};
  const auto fails_at = config.at("fails_at").as_int64();
  made.plan = [](const PlanRequest& request, Slices& slices) -> Result<void> {
    const auto last = request.until.empty() ? 3 : std::stoll(std::string(request.until));
    for (const auto* partition : {"even", "odd"}) {
      const auto* done = request.state.if_contains(partition);
      for (auto n = done == nullptr ? 1 : done->as_int64() + 1; n <= last; ++n) {
        auto pushed = slices.in_partition(partition).push({{"n", 2 * n + (partition[0] == 'o' ? 1 : 0)}});
        if (!pushed) return pushed;
      }
    }
    return request.since == "broken" ? source_error("the plan is broken") : Result<void>();
  };
  made.read = [fails_at](const ReadRequest& request, Records& records) -> Result<void> {
    const auto n = request.slice.at("n").as_int64();
    Block block;
    request.projection.write_row(block, {{"n", std::to_string(n)}});
    if (records.takes_rejects()) block.rejects.push_back({"{}", "it is empty"});
    auto pushed = records.push(block);
    if (!pushed) return pushed;
    if (n == fails_at) return source_error("the row is broken");
    auto reached = request.slice;
    reached["reached"] = true;
    return records.progress(reached);
  };
  made.advance = [](json::object state, const json::object& slice) -> Result<json::object> {
    if (!slice.contains("reached")) return internal_error("not the slice of the last progress");
    state[slice.at("partition").as_string()] = slice.at("n").as_int64() / 2;
    return state;
  };
  return made;
}

const Connector& counter() {
  static const Connector connector{
      .name = "counter",
      .version = "1.0.0",
      .description = "Counts",
      .settings = {{.name = "fails_at", .type = Type::integer, .description = "N.", .default_value = "0"}},
      .open = [](const json::object& config, Host) -> Result<Source> {
        if (config.at("fails_at").as_int64() < 0) return config_error("fails_at is negative");
        return Source{.check = []() -> Result<void> { return auth_error("no such token"); },
                      .streams = {counted("first", config), counted("second", config)}};
      }};
  return connector;
}

TEST(SyncStreams, GivesTheRecordsWithTheStates) {
  FakeHost host;
  const auto synced = sync_streams(counter(), {}, host);
  EXPECT_EQ(synced.errors(), "");
  for (const auto* name : {"first", "second"}) {
    const auto& stream = synced[name];
    ASSERT_EQ(stream.records().size(), 6U);
    EXPECT_EQ(stream.records()[5], (json::object{{"n", 7}, {"partition", nullptr}}));
    EXPECT_EQ(stream.slices.at(1), (json::object{{"n", 4}, {"partition", "even"}}));
    EXPECT_EQ(stream.state, (json::object{{"even", 3}, {"odd", 3}}));
    EXPECT_TRUE(stream.rejects.empty());
  }
}

TEST(SyncStreams, ASecondSyncContinues) {
  FakeHost host;
  const auto first = sync_streams(counter(), {}, host, {.streams = {"first"}, .until = "2"});
  const auto second =
      sync_streams(counter(), {}, host, {.streams = {"first"}, .states = first.states(), .columns = {"/n"}});
  EXPECT_EQ(second.errors(), "");
  EXPECT_EQ(second["first"].lines, "{\"n\":6}\n{\"n\":7}\n");
}

TEST(SyncStreams, AFailureEndsItsPartition) {
  FakeHost host;
  const auto synced = sync_streams(counter(), {{"fails_at", 4}}, host, {.streams = {"first"}});
  EXPECT_EQ(synced.errors(), "first: the row is broken\n");
  EXPECT_EQ(synced["first"].state, (json::object{{"even", 1}, {"odd", 3}}));
  EXPECT_EQ(synced["first"].records().size(), 5U) << "2, 4, 3, 5 and 7";
}

TEST(SyncStreams, WhatWasPlannedBeforeAnErrorIsRead) {
  FakeHost host;
  const auto synced = sync_streams(counter(), {}, host, {.streams = {"first"}, .since = "broken"});
  EXPECT_EQ(synced.errors(), "first: the plan is broken\n");
  EXPECT_EQ(synced["first"].records().size(), 6U);
}

TEST(SyncStreams, TakesRejectsIfItShould) {
  FakeHost host;
  const auto synced =
      sync_streams(counter(), {}, host, {.streams = {"first"}, .until = "1", .takes_rejects = true});
  ASSERT_EQ(synced["first"].rejects.size(), 2U);
  EXPECT_EQ(synced["first"].rejects[0].reason, "it is empty");
}

TEST(SyncStreams, AConfigThatCannotBeOpenedIsAFailure) {
  FakeHost host;
  const auto synced = sync_streams(counter(), {{"fails_at", -1}}, host);
  EXPECT_EQ(synced.errors(), "fails_at is negative\n");
  ASSERT_EQ(synced.failures.size(), 1U);
  EXPECT_EQ(synced.failures[0].second.status, Status::config);
}

TEST(SyncStreams, AnUnknownStreamIsAFailure) {
  FakeHost host;
  const auto synced = sync_streams(counter(), {}, host, {.streams = {"third"}});
  EXPECT_EQ(synced.errors(), "third: there is no stream third\n");
  EXPECT_THROW(static_cast<void>(synced["first"]), std::out_of_range);
}

TEST(SyncStreams, TakesTheTableOfAConnector) {
  FakeHost host;
  const auto* table = abi::entry<&counter>(TAPSTER_ABI_VERSION);
  const auto synced = sync_streams(*table, {}, host, {.streams = {"first"}, .until = "1"});
  EXPECT_EQ(synced.errors(), "");
  EXPECT_EQ(synced["first"].lines, "{\"n\":2,\"partition\":null}\n{\"n\":3,\"partition\":null}\n");
  EXPECT_EQ(sync_streams(*table, {{"fails_at", -1}}, host).errors(), "fails_at is negative\n");
}

TEST(OpenSource, IsUsedStepByStep) {
  FakeHost host;
  auto source = OpenSource::open(counter(), {}, host);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->check().error().message, "no such token");
  EXPECT_EQ(*source->stream_names(), (std::vector<std::string>{"first", "second"}));
  Pushed pushed;
  ASSERT_TRUE(source->read("first", {{"n", 9}, {"partition", "odd"}}, pushed));
  EXPECT_EQ(pushed.lines(), "{\"n\":9,\"partition\":null}\n");
  pushed.refuse_after(0, TAPSTER_CANCELLED);
  EXPECT_EQ(source->read("first", {{"n", 9}}, pushed).error().status, Status::cancelled);
}

}  // namespace
}  // namespace tapster
