// What a sync reads, and how it fails.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <set>

#include "sync/syncing.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

TEST_F(Syncing, ReadsEverySliceOfEveryStream) {
  use({"a", "b", "c"});
  source_.slices = 200;
  const auto ended = run_singer(8);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(json::parse(check_order(ended)),
            json::parse(R"({"a":{"done":199},"b":{"done":199},"c":{"done":199}})"));
  std::map<std::string, std::set<int64_t>> rows;
  size_t records = 0;
  for (const auto& message : ended.messages) {
    if (message.at("type") != "RECORD") continue;
    ++records;
    rows[json::value_to<std::string>(message.at("stream"))].insert(message.at("record").at("id").as_int64());
  }
  EXPECT_EQ(records, 600U);
  for (const auto* stream : {"a", "b", "c"}) EXPECT_EQ(rows[stream].size(), 200U);
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
}

TEST_F(Syncing, StreamsTakeTurns) {
  use({"a", "b"});
  source_.slices = 50;
  std::vector<std::string> order;
  source_.on_read = [&](const std::string& stream, int64_t, int) -> tapster_status {
    return order.push_back(stream), TAPSTER_OK;
  };
  EXPECT_EQ(run_singer(1).exit, Exit::done);
  for (size_t i = 0; i < 80; i += 20) {
    const auto part =
        std::count(order.begin() + static_cast<long>(i), order.begin() + static_cast<long>(i) + 20, "a");
    EXPECT_NEAR(static_cast<double>(part), 10, 1) << i;
  }
}

TEST_F(Syncing, AFailedStreamKeepsItsEarlierRowsAndLeavesTheOthers) {
  use({"bad", "good"});
  source_.slices = 10;
  source_.on_read = [](const std::string& stream, int64_t n, int) -> tapster_status {
    return stream == "bad" && n == 4 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::partial);
  const auto last = json::parse(check_order(ended));
  EXPECT_EQ(last.at("bad").at("done"), 3);
  EXPECT_EQ(last.at("good").at("done"), 9);
}

TEST_F(Syncing, ACommonCauseOfAllFailuresDecidesTheExitCode) {
  use({"a", "b"});
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_AUTH; };
  EXPECT_EQ(run_singer().exit, Exit::auth);
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_SOURCE; };
  EXPECT_EQ(run_singer().exit, Exit::failed);
  source_.on_read = [](const std::string& stream, int64_t, int) -> tapster_status {
    return stream == "a" ? TAPSTER_SOURCE : TAPSTER_AUTH;
  };
  EXPECT_EQ(run_singer().exit, Exit::partial);
}

TEST_F(Syncing, ATransientErrorIsRetriedWithoutDuplicatesInFiles) {
  use({"a"});
  source_.slices = 5;
  source_.on_read = [](const std::string&, int64_t n, int attempt) -> tapster_status {
    return n % 2 == 0 && attempt < 3 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  EXPECT_EQ(run(*file_output(directory_.path() / "out", false, {})), Exit::done);
  EXPECT_EQ(parts_content(directory_.path() / "out" / "a"),
            "{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n");
}

TEST_F(Syncing, APermanentErrorFailsTheStream) {
  use({"a"});
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_TRANSIENT; };
  EXPECT_EQ(run_singer(1).exit, Exit::failed);
  EXPECT_EQ(source_.attempts[R"(a{"n":0})"], 3);
}

TEST_F(Syncing, ATransientErrorOfAPlanIsRetried) {
  use({"a"});
  source_.on_plan = [](const std::string&, int attempt) -> tapster_status {
    return attempt < 3 ? TAPSTER_RATE_LIMITED : TAPSTER_OK;
  };
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
}

TEST_F(Syncing, AClosedPipeEndsTheRun) {
  use({"a"});
  source_.slices = 1000;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(run(*singer_output(ends[1], *clock_)), Exit::output);
  ::close(ends[1]);
  EXPECT_LT(source_.attempts.size(), 1000U);
}

TEST_F(Syncing, AFullDiskEndsTheRun) {
  use({"a"});
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(run(*jsonl_output(full)), Exit::output);
  ::close(full);
}

TEST_F(Syncing, NoSliceOfAFailedStreamIsRead) {
  use({"a"});
  source_.slices = 50;
  // The first slice fails while the plan continues.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    return n == 0 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n == 1) wait_until([&] { return progress_[0].status == StreamStatus::failed; });
    return TAPSTER_OK;
  };
  EXPECT_EQ(run_singer(2).exit, Exit::failed);
  EXPECT_EQ(source_.attempts.size(), 1U);  // of slices, the first alone
  EXPECT_EQ(source_.attempts[R"(a{"n":0})"], 1);
}

TEST_F(Syncing, AFailedPlanKeepsTheSlicesAlreadyRead) {
  use({"a"});
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n < 3) return TAPSTER_OK;
    wait_until([&] { return progress_[0].slices_done == 3; });
    return TAPSTER_TRANSIENT;  // not retried, because its slices have been read
  };
  const auto ended = run_singer(2);
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
  EXPECT_EQ(count(ended, "RECORD"), 3U);
  EXPECT_EQ(progress_[0].retries, 0U);
}

TEST_F(Syncing, AnAppendedFileHasTheFinishedSlicesOfAFailedStream) {
  use({"a"});
  source_.slices = 6;
  std::atomic<int> later = 0;
  // Slice 2 fails when those after it that can be taken have been kept aside.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n > 2) ++later;
    if (n != 2) return TAPSTER_OK;
    wait_until([&] { return later == 3; });
    return TAPSTER_SOURCE;
  };
  const auto file = StateFile::open(directory_.path() / "state.json");
  const auto out = directory_.path() / "out";
  EXPECT_EQ(run(*file_output(out, true, {}), &*file), Exit::failed);
  EXPECT_EQ(parts_content(out / "a"), "{\"id\":0}\n{\"id\":1}\n");
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":1})");
  EXPECT_EQ(std::distance(fs::directory_iterator(out / "a"), fs::directory_iterator()), 3)
      << "a file part, the schema and the folder's identity";
}

// Else the wait before a second attempt is a second, and before a third two.
TEST_F(Syncing, TheConnectorSaysWhenToTryAgain) {
  use({"a"});
  source_.on_read = [](const std::string&, int64_t, int attempt) -> tapster_status {
    return attempt < 3 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  source_.slices = 1;
  for (const bool says : {false, true}) {
    source_.attempts.clear();
    if (says) source_.retry_after = std::chrono::milliseconds(7'500);
    const auto before = clock_->monotonic();
    EXPECT_EQ(run_singer(1).exit, Exit::done);
    EXPECT_EQ(clock_->monotonic() - before, std::chrono::milliseconds(says ? 15'000 : 3'000));
  }
  EXPECT_EQ(said("attempt 2 of 3, the next in 7.5 s"), 1U);
}

TEST_F(Syncing, AFileThatCannotBeRenamedEndsTheRun) {
  use({"a", "b"});
  source_.on_state = [&](int64_t n) -> tapster_status {
    if (n == 2) fs::remove_all(directory_.path() / "out");
    return TAPSTER_OK;
  };
  EXPECT_EQ(run(*file_output(directory_.path() / "out", false, {})), Exit::output);
}

TEST_F(Syncing, TheSlicesOfAFailedPlanAreStillRead) {
  use({"a", "b"});
  source_.slices = 10;
  // Nothing has been read when the plan fails, as the only worker plans.
  source_.on_slice = [](int64_t n) -> tapster_status { return n == 4 ? TAPSTER_AUTH : TAPSTER_OK; };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::auth);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":3},"b":{"done":3}})");
  EXPECT_EQ(count(ended, "RECORD"), 8U);
  for (const auto& stream : progress_) EXPECT_EQ(stream.status, StreamStatus::failed);
  EXPECT_EQ(said("ERROR"), 1U) << "one cause is reported once";
  EXPECT_EQ(progress_[1].error, progress_[0].error);
}

TEST_F(Syncing, AnInvalidRecordIsNotWrittenAndFailsOnlyItsStream) {
  use({"a", "b"});
  for (auto& stream : streams_) stream.schema["properties"] = {{"id", {{"type", "integer"}}}};
  streams_[0].schema["properties"].as_object()["id"].as_object()["maximum"] = 1;
  validate_ = true;
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":1},"b":{"done":2}})");
  std::set<std::string> written;
  for (const auto& message : ended.messages) {
    if (message.at("type") == "RECORD")
      written.insert(json::value_to<std::string>(message.at("stream")) +
                     json::serialize(message.at("record").at("id")));
  }
  EXPECT_EQ(written, (std::set<std::string>{"a0", "a1", "b0", "b1", "b2"}));
}

}  // namespace
}  // namespace tapster::host
