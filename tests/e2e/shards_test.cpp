// A sync that several runs share: a plan, its shards, and the state of the whole.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

namespace fs = std::filesystem;

constexpr int shards = 4;

class Shards : public EndToEnd {
 protected:
  Finished plan(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"plan",     "postmark",        "--config", file("config.json"),
                                       "--output", file("plan.jsonl")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  [[nodiscard]] std::vector<std::string> shard(int index) const {
    return {"--plan",       file("plan.jsonl"), "--shard",  fmt::format("{}/{}", index, shards),
            "--state-file", state_of(index),    "--output", fmt::format("{}/{}", file("data"), index)};
  }
  [[nodiscard]] std::string state_of(int index) const { return file(fmt::format("s{}.json", index)); }

  Finished merge_states(const std::vector<std::string>& more = {}, int given = shards) {
    std::vector<std::string> arguments{"state", "merge", file("plan.jsonl")};
    for (int i = 1; i <= given; ++i) arguments.push_back(state_of(i));
    arguments.insert(arguments.end(), {"--config", file("config.json")});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  // The lines of a stream's files below some directories, sorted.
  static std::vector<std::string> lines_below(const std::vector<std::string>& directories,
                                              const std::string& stream) {
    std::vector<std::string> lines;
    for (const auto& directory : directories)
      for (auto& line : lines_of(text_of_parts(fs::path(directory) / stream)))
        lines.push_back(std::move(line));
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // The shards' files have the lines of a single run's.
  void expect_files_of_a_single_run() {
    const auto whole = read({"--state-file", file("whole.json"), "--output", file("whole")});
    ASSERT_EQ(whole.exit, 0) << whole.err;
    std::vector<std::string> directories;
    for (int i = 1; i <= shards; ++i) directories.push_back(fmt::format("{}/{}", file("data"), i));
    size_t streams = 0;
    for (const auto& entry : fs::directory_iterator(file("whole"))) {
      const auto stream = entry.path().filename().string();
      if (stream.starts_with('.')) continue;
      ++streams;
      EXPECT_EQ(lines_below(directories, stream), lines_below({file("whole")}, stream)) << stream;
    }
    EXPECT_GT(streams, 20U);
  }

  static void expect_refusal(const Finished& finished, std::string_view why) {
    EXPECT_EQ(finished.exit, 2) << finished.err;
    EXPECT_NE(finished.err.find(why), std::string::npos) << finished.err;
    EXPECT_EQ(finished.out, "");
  }
};

TEST_F(Shards, TheirFilesAndTheirStateAreThoseOfASingleRun) {
  // So many that a message stream has two slices.
  start({.messages = 12'000, .days = 40, .future_days = 3, .opens_per_hundred = 5});
  ASSERT_EQ(plan().exit, 0);
  int with_messages = 0;
  for (int i = 1; i <= shards; ++i) {
    const auto finished = read(shard(i));
    EXPECT_EQ(finished.exit, 0) << finished.err;
    const auto messages = lines_below({fmt::format("{}/{}", file("data"), i)}, "messages_outbound");
    EXPECT_LT(messages.size(), 9'000U);
    with_messages += messages.empty() ? 0 : 1;
  }
  EXPECT_EQ(with_messages, 3);
  const auto merged = merge_states();
  ASSERT_EQ(merged.exit, 0) << merged.err;
  expect_files_of_a_single_run();
  EXPECT_EQ(incremental_bookmarks(merged.out), incremental_bookmarks(content(file("whole.json"))));

  // The next run continues from it.
  write_file(file("merged.json"), merged.out);
  set_now("2026-11-25T09:00:00Z");
  size_t doubled = 0;
  const auto from_merged = read({"--state-file", file("merged.json")});
  const auto from_whole = read({"--state", file("whole.json")});
  EXPECT_EQ(from_merged.exit, 0) << from_merged.err;
  EXPECT_EQ(difference(tables_of_singer(from_whole.out, doubled), tables_of_singer(from_merged.out, doubled)),
            "");
}

TEST_F(Shards, AShardThatDiedIsNamedAndReadAgain) {
  start({.messages = 6'000, .days = 40, .opens_per_hundred = 10});
  ASSERT_EQ(plan().exit, 0);
  for (const int i : {1, 3, 4}) EXPECT_EQ(read(shard(i)).exit, 0);
  write_file(state_of(2), content(state_of(1)));
  expect_refusal(merge_states(), "are both of shard 1/4");
  fs::remove(state_of(2));

  auto arguments = shard(2);
  arguments.insert(arguments.end(), {"--commit-interval", "0", "--jobs", "1"});
  EXPECT_EQ(read_until(8, SIGKILL, arguments).exit, 128 + SIGKILL);
  ASSERT_TRUE(fs::exists(state_of(2)));
  expect_refusal(merge_states(), "2/4 (");
  EXPECT_EQ(read(shard(2)).exit, 0);
  EXPECT_EQ(merge_states().exit, 0);
  expect_files_of_a_single_run();
}

TEST_F(Shards, ThePlanHasTheStreamsTheColumnsAndTheStateOfTheSync) {
  start({.messages = 300, .days = 10, .future_days = 3});
  const std::vector<std::string> selection{"--select", "bounces", "--select", "messages_outbound.subject"};
  auto first = selection;
  first.insert(first.end(), {"--state-file", file("state.json"), "--format", "jsonl"});
  ASSERT_EQ(read(first).exit, 0);
  set_now("2026-11-25T09:00:00Z");

  auto whole = selection;
  whole.insert(whole.end(), {"--state", file("state.json"), "--format", "jsonl"});
  auto planned = selection;
  planned.insert(planned.end(), {"--state-file", file("state.json")});
  const auto before = content(file("state.json"));
  ASSERT_EQ(plan(planned).exit, 0);
  EXPECT_EQ(content(file("state.json")), before);
  const auto finished =
      read({"--plan", file("plan.jsonl"), "--state-file", state_of(1), "--format", "jsonl", "--jobs", "1"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  auto lines = lines_of(finished.out);
  auto expected = lines_of(read(whole).out);
  std::sort(lines.begin(), lines.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(lines, expected);
  EXPECT_FALSE(lines.empty());

  EXPECT_EQ(merge_states({"--state-file", file("state.json")}, 1).exit, 0);
  EXPECT_NE(content(file("state.json")), before);
  EXPECT_EQ(merge_states({"--state-file", file("state.json")}, 1).exit, 0) << "again, with the same result";
}

TEST_F(Shards, AStateThatChangedMeanwhileIsKept) {
  start({.messages = 100, .days = 10});
  ASSERT_EQ(plan({"--select", "bounces"}).exit, 0);
  ASSERT_EQ(read({"--plan", file("plan.jsonl"), "--state-file", state_of(1)}).exit, 0);
  const std::string other = R"({"bookmarks":{"bounces":{"at":"2026-11-01T00:00:00Z"}}})";
  write_file(file("state.json"), other);
  expect_refusal(merge_states({"--state-file", file("state.json")}, 1),
                 "has changed since the plan was made");
  EXPECT_EQ(content(file("state.json")), other);
}

TEST_F(Shards, AStateOfAnotherKindIsRefused) {
  start({.messages = 100, .days = 10});
  ASSERT_EQ(plan({"--select", "bounces"}).exit, 0);
  ASSERT_EQ(read({"--state-file", file("whole.json"), "--select", "bounces"}).exit, 0);
  ASSERT_EQ(read({"--plan", file("plan.jsonl"), "--shard", "1/2", "--state-file", state_of(1)}).exit, 0);

  expect_refusal(read({"--state-file", state_of(1)}), "is the state of shard 1/2 of a plan");
  expect_refusal(read({"--state", state_of(1)}), "is the state of shard 1/2 of a plan");
  expect_refusal(read({"--plan", file("plan.jsonl"), "--shard", "2/2", "--state-file", state_of(1)}),
                 "is the state of shard 1/2, not of 2/2");
  expect_refusal(read({"--plan", file("plan.jsonl"), "--state-file", file("whole.json")}),
                 "is the state of a whole sync");
  expect_refusal(merge_states({}, 1), "2/2 (its state file was not given)");
  write_file(state_of(1), content(file("whole.json")));
  expect_refusal(merge_states({}, 1), "is not the state of a shard");

  fs::rename(file("plan.jsonl"), file("old.jsonl"));
  ASSERT_EQ(read({"--plan", file("old.jsonl"), "--state-file", state_of(2)}).exit, 0);
  ASSERT_EQ(plan({"--select", "bounces"}).exit, 0);
  expect_refusal(read({"--plan", file("plan.jsonl"), "--state-file", state_of(2)}), "of another plan");
}

TEST_F(Shards, ADamagedPlanIsRefused) {
  start({.messages = 100, .days = 10});
  ASSERT_EQ(plan({"--select", "bounces"}).exit, 0);
  expect_refusal(plan({"--select", "bounces"}), "the file exists");
  fs::create_symlink("nothing", file("link"));
  expect_refusal(run({"plan", "postmark", "--config", file("config.json"), "--output", file("link")}),
                 "the file exists");
  const auto whole = content(file("plan.jsonl"));
  const Arguments arguments{"--plan", file("plan.jsonl"), "--state-file", state_of(1)};

  write_file(file("plan.jsonl"), whole.substr(0, whole.rfind("{\"slices\"")));
  expect_refusal(read(arguments), "the plan ends before its last line");
  write_file(file("plan.jsonl"), whole.substr(whole.find('\n') + 1));
  expect_refusal(read(arguments), "this is not a plan");
  auto other = whole;
  write_file(file("plan.jsonl"), other.replace(other.find("\"postmark\""), 10, "\"mailgun\""));
  expect_refusal(read(arguments), "is a plan of mailgun, not of postmark");
}

TEST_F(Shards, TheRateIsThatOfAllShards) {
  start({.messages = 100, .days = 10});
  ASSERT_EQ(plan({"--select", "webhooks", "--select", "templates"}).exit, 0);
  auto arguments = shard(1);
  arguments.insert(arguments.end(), {"--rate", "40"});
  expect_paced(read_arguments(arguments), std::chrono::milliseconds(shards * 1000 / 40), 2);
}

TEST_F(Shards, AFailedPlanLeavesNoFile) {
  start({.messages = 100, .days = 10});
  server_.reset();
  const auto finished = plan({"--select", "messages_outbound"});
  EXPECT_EQ(finished.exit, 1) << finished.err;
  for (const auto& entry : fs::directory_iterator(directory_.path()))
    EXPECT_EQ(entry.path().filename(), "config.json");
}

}  // namespace
}  // namespace tapster::e2e
