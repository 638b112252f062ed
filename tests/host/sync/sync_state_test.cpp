// Which states a sync emits and stores, and what they cover.
#include <fcntl.h>

#include <atomic>

#include "sync/syncing.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

TEST_F(Syncing, AFullTableStreamIsReadFromTheStartAndKeepsItsBookmark) {
  use({"a", "b"});
  streams_[0].replication_key.clear();
  streams_[0].version = 9;
  const auto ended = run_singer(
      1, *State::parse(R"({"bookmarks":{"a":{"done":1,"version":3},"b":{"done":1,"version":3}}})", "s"));
  EXPECT_EQ(ended.exit, Exit::done);
  size_t records = 0;
  size_t activated_after = 0;
  for (const auto& message : ended.messages) {
    const bool is_a = message.contains("stream") && message.at("stream") == "a";
    if (message.at("type") == "RECORD") {
      EXPECT_EQ(message.contains("version"), is_a);
      if (is_a) ++records;
    }
    if (message.contains("version")) {
      EXPECT_EQ(message.at("version"), 9);
    }
    if (message.at("type") == "ACTIVATE_VERSION") {
      EXPECT_TRUE(is_a);
      activated_after = records;
    }
  }
  EXPECT_EQ(records, 3U);
  EXPECT_EQ(activated_after, 3U);
  EXPECT_EQ(count(ended, "ACTIVATE_VERSION"), 1U);
  EXPECT_EQ(ended.messages.back().at("value").at("bookmarks"),
            json::parse(R"({"a":{"done":1,"version":9},"b":{"done":2,"version":3}})"));
}

TEST_F(Syncing, AFullTableStreamThatFailsActivatesNothingAndKeepsItsVersion) {
  use({"a"});
  streams_[0].replication_key.clear();
  streams_[0].version = 9;
  source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
    return n == 1 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto ended = run_singer(1, *State::parse(R"({"bookmarks":{"a":{"version":3}}})", "s"));
  EXPECT_NE(ended.exit, Exit::done);
  EXPECT_EQ(count(ended, "ACTIVATE_VERSION"), 0U);
  EXPECT_EQ(ended.messages.back().at("value").at("bookmarks"), json::parse(R"({"a":{"version":3}})"));
}

TEST_F(Syncing, AStateNeverCoversAnUnfinishedSlice) {
  use({"a"});
  source_.slices = 20;
  std::atomic<int> others = 0;
  // The first slice ends when all others have.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n != 0) return ++others, others.notify_all(), TAPSTER_OK;
    for (int seen = 0; (seen = others.load()) < 19;) others.wait(seen);
    return TAPSTER_OK;
  };
  const auto ended = run_singer(4);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":19}})");
}

TEST_F(Syncing, TheStateCoversWhatASliceHasTurnedInto) {
  use({"a"});
  source_.slices = 1;
  source_.progress = [](int64_t, int) { return std::vector<std::string>{R"({"n":40})", R"({"n":50})"}; };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(ended.messages.back().at("value").at("bookmarks"), json::parse(R"({"a":{"done":50}})"));
}

TEST_F(Syncing, AFailedAttemptTurnsASliceIntoNothing) {
  use({"a"});
  source_.slices = 1;
  commit_interval_ = std::chrono::hours(1);  // so no checkpoint is made
  source_.progress = [](int64_t, int attempt) {
    return attempt == 1 ? std::vector<std::string>{R"({"n":50})"} : std::vector<std::string>();
  };
  source_.on_read = [](const std::string&, int64_t, int attempt) -> tapster_status {
    return attempt == 1 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(ended.messages.back().at("value").at("bookmarks"), json::parse(R"({"a":{"done":0}})"));
}

TEST_F(Syncing, AProgressThatIsNoSliceOfThePartitionIsABreach) {
  struct Case {
    std::string progress, words;  // without words it is allowed
  };
  const std::string start = R"({"n":5,"partition":"p","x":")";
  const auto of_size = [&](size_t size) { return start + std::string(size - start.size() - 2, 'x') + "\"}"; };
  for (const auto& [progress, words] :
       std::vector<Case>{{R"({"n":5,"partition":"p"})", ""},
                         {of_size(65'536), ""},
                         {of_size(65'537), "reported a progress of 65537 bytes; at most 65536 are allowed"},
                         {R"({"n":5})", "reported a progress in another partition"},
                         {R"({"n":5,"partition":"q"})", "reported a progress in another partition"},
                         {"[5]", "reported a progress: its progress"},
                         {"", "reported a progress: its progress"}}) {
    use({"a"});
    source_.slices = 1;
    source_.attempts.clear();
    source_.partition = [](int64_t) { return "p"; };
    source_.progress = [&](int64_t, int) { return std::vector{progress}; };
    const auto ended = run_singer(1);
    EXPECT_EQ(ended.exit == Exit::done, words.empty()) << progress.substr(0, 100);
    const bool has_state = ended.messages.back().at("type") == "STATE" &&
                           ended.messages.back().at("value").at("bookmarks").as_object().contains("a");
    EXPECT_EQ(has_state, words.empty()) << progress.substr(0, 100);
    if (!words.empty()) {
      EXPECT_GE(said("broke a rule of the interface: read of the stream a " + words), 1U) << words;
    }
  }
}

TEST_F(Syncing, AFailedStateUpdateFailsTheStreamButKeepsItsRecords) {
  use({"a"});
  source_.on_state = [](int64_t) -> tapster_status { return TAPSTER_STATE; };
  const auto ended = run_singer(1, *State::parse(R"({"bookmarks":{"a":{"done":-1}}})", "s"));
  EXPECT_EQ(ended.exit, Exit::usage);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":-1}})");
}

TEST_F(Syncing, AStreamWithoutSlicesHasASchemaAndNoState) {
  use({"a"});
  source_.slices = 0;
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  ASSERT_EQ(ended.messages.size(), 1U);
  EXPECT_EQ(ended.messages[0].at("type"), "SCHEMA");
}

TEST_F(Syncing, TheStateFileFollowsTheStates) {
  use({"a"});
  const auto file = StateFile::open(directory_.path() / "state.json");
  const auto output = file_output(directory_.path() / "out", true, {});
  EXPECT_EQ(run(*output, &*file), Exit::done);
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":2})");
  EXPECT_EQ(parts_content(directory_.path() / "out" / "a"), "{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n");
}

TEST_F(Syncing, WithoutACommitIntervalEverySliceHasAState) {
  use({"a"});
  source_.slices = 7;
  const auto ended = run_singer(1);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":6}})");
  EXPECT_EQ(count(ended, "STATE"), 8U);  // and one at the end
}

TEST_F(Syncing, WithinACommitIntervalOnlyTheEndOfAStreamAndOfTheRunHaveAState) {
  use({"a"});
  commit_interval_ = std::chrono::hours(1);
  const auto ended = run_singer(4);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
  EXPECT_EQ(count(ended, "STATE"), 1U) << "at the run's end there is nothing new";
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
}

TEST_F(Syncing, TheStateAtTheEndOfAStreamNamesTheOneStillSyncing) {
  use({"a", "b"});
  source_.slices = 2;
  commit_interval_ = std::chrono::hours(1);
  const auto ended = run_singer(1);
  check_order(ended);
  std::vector<std::string> states;
  for (const auto& message : ended.messages) {
    if (message.at("type") == "STATE") states.push_back(json::serialize(message.at("value")));
  }
  EXPECT_EQ(states, (std::vector<std::string>{
                        R"({"bookmarks":{"a":{"done":1},"b":{"done":0}},"currently_syncing":"b"})",
                        R"({"bookmarks":{"a":{"done":1},"b":{"done":1}}})"}));
}

TEST_F(Syncing, AnInterruptedRunNamesItsStreamAndTheNextRunStartsWithIt) {
  use({"a", "b", "c"});
  source_.on_read = [&](const std::string& stream, int64_t n, int) -> tapster_status {
    if (stream == "b" && n == 1) cancel_();
    return TAPSTER_OK;
  };
  source_.on_plan = [&](const std::string& stream, int) -> tapster_status {
    return stream == "c" ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  auto ended = run_singer(1);
  ASSERT_EQ(ended.messages.back().at("type"), "STATE");
  EXPECT_EQ(ended.messages.back().at("value").at("currently_syncing"), "a");

  std::string order;
  source_.on_read = nullptr;
  source_.on_plan = [&](const std::string& stream, int) -> tapster_status {
    order += stream;
    return TAPSTER_OK;
  };
  ended = run_singer(1, *State::parse(R"({"bookmarks":{},"currently_syncing":"b"})", "s"));
  EXPECT_EQ(order, "bca");
  EXPECT_FALSE(ended.messages.back().at("value").as_object().contains("currently_syncing"));
}

TEST_F(Syncing, OtherMembersOfTheStateAreKept) {
  use({"a"});
  const auto ended = run_singer(
      4, *State::parse(
             R"({"bookmarks":{"unselected":{"id":7},"a":{"done":-1}},"note":[1],"currently_syncing":"gone"})",
             "s"));
  EXPECT_EQ(json::serialize(ended.messages.back().at("value")),
            R"({"bookmarks":{"unselected":{"id":7},"a":{"done":2}},"note":[1]})");
}

TEST_F(Syncing, TheStateStopsBeforeASliceWhoseStateUpdateFails) {
  use({"a", "b"});
  source_.slices = 10;
  source_.on_state = [](int64_t n) -> tapster_status { return n == 4 ? TAPSTER_INTERNAL : TAPSTER_OK; };
  const auto ended = run_singer(4);
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(json::parse(check_order(ended)), json::parse(R"({"a":{"done":3},"b":{"done":3}})"));
}

TEST_F(Syncing, AStateThatCannotBeStoredEndsTheRunAndKeepsTheOldOne) {
  use({"a"});
  source_.slices = 100;
  const auto file = StateFile::open(directory_.path() / "state.json");
  source_.on_state = [&](int64_t n) -> tapster_status {
    if (n == 5) fs::create_directory(directory_.path() / "state.json.new");
    return TAPSTER_OK;
  };
  EXPECT_EQ(run(*jsonl_output(log_file_), &*file, {}, 1), Exit::output);
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":4})");
  EXPECT_FALSE(source_.attempts.contains(R"(a{"n":6})"));
}

TEST_F(Syncing, ASecondRunContinuesTheFileAndTheStateOfTheFirst) {
  use({"a"});
  const auto out = directory_.path() / "out";
  const auto path = directory_.path() / "state.json";
  {
    const auto file = StateFile::open(path);
    source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
      return n == 1 ? TAPSTER_SOURCE : TAPSTER_OK;
    };
    EXPECT_EQ(run(*file_output(out, true, {}), &*file), Exit::failed);
  }
  source_.on_read = nullptr;
  const auto file = StateFile::open(path);
  EXPECT_EQ(run(*file_output(out, true, {}), &*file, *file->read()), Exit::done);
  EXPECT_EQ(parts_content(out / "a"),
            "{\"id\":0}\n{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n");  // plan has no memory
}

}  // namespace
}  // namespace tapster::host
