// Progress inside a slice: when a state covers it, and what is read again.
#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "sync/syncing.hpp"

namespace tapster::host {
namespace {

class Progressing : public Syncing {
 protected:
  Progressing() {
    use({"a"});
    source_.slices = 1;
    source_.length = 10;
  }

  // Fails when a record is reached for the first time.
  void fail_before(int64_t bad, tapster_status status) {
    source_.before_row = [bad, status, has_failed = false](const tapster_sink*, int64_t id,
                                                           int) mutable -> tapster_status {
      return id == bad && !std::exchange(has_failed, true) ? status : TAPSTER_OK;
    };
  }

  // The slices that were read, with the number of their attempts.
  [[nodiscard]] std::map<std::string, int> reads() const {
    auto all = source_.attempts;
    all.erase("plan a");
    return all;
  }

  static std::string ids(const Ended& ended) {
    std::string all;
    for (const auto& message : ended.messages)
      if (message.at("type") == "RECORD") all += json::serialize(message.at("record").at("id")) + " ";
    return all;
  }

  static std::string rows(int64_t first, int64_t last) {
    std::string all;
    for (auto id = first; id <= last; ++id) all += fmt::format("{{\"id\":{}}}\n", id);
    return all;
  }
};

TEST_F(Progressing, EachHasAStateThatCoversTheRecordsBeforeIt) {
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":9}})");
  EXPECT_EQ(count(ended, "RECORD"), 10U);
  EXPECT_EQ(count(ended, "STATE"), 11U) << "and one without currently_syncing at the end";
}

TEST_F(Progressing, WithinACommitIntervalItHasNoState) {
  commit_interval_ = std::chrono::hours(1);
  const auto ended = run_singer(1);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":9}})");
  EXPECT_EQ(count(ended, "STATE"), 1U);
}

TEST_F(Progressing, AFailedSliceIsReadFromItsLastCheckpointOn) {
  fail_before(4, TAPSTER_TRANSIENT);
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(ids(ended), "0 1 2 3 4 5 6 7 8 9 ");
  EXPECT_EQ(check_order(ended), R"({"a":{"done":9}})");
  EXPECT_EQ(progress_[0].rows, 10U);
  EXPECT_EQ(reads(), (std::map<std::string, int>{{R"(a{"n":9})", 1}, {R"(a{"n":3,"to":9})", 1}}));
}

TEST_F(Progressing, WithoutACheckpointAFailedSliceIsReadFromItsBeginning) {
  commit_interval_ = std::chrono::hours(1);
  fail_before(4, TAPSTER_TRANSIENT);
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(ids(ended), "0 1 2 3 0 1 2 3 4 5 6 7 8 9 ");
  EXPECT_EQ(progress_[0].rows, 10U);
}

TEST_F(Progressing, ASliceThatGetsOnMayFailMoreOftenThanItsAttempts) {
  source_.before_row = [seen = std::set<int64_t>()](const tapster_sink*, int64_t id,
                                                    int) mutable -> tapster_status {
    return seen.insert(id).second ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":9}})");
  EXPECT_EQ(progress_[0].retries, 10U);
}

TEST_F(Progressing, ASliceThatDoesNotGetOnFailsAfterItsAttempts) {
  source_.before_row = [](const tapster_sink*, int64_t id, int) -> tapster_status {
    return id == 4 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_NE(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":3}})");
  EXPECT_EQ(reads(), (std::map<std::string, int>{{R"(a{"n":9})", 1}, {R"(a{"n":3,"to":9})", 2}}));
}

TEST_F(Progressing, ASliceThatFailsKeepsItsProgressAndItsPartitionStopsThere) {
  source_.slices = 3;
  fail_before(14, TAPSTER_SOURCE);
  const auto ended = run_singer(1);
  EXPECT_NE(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":13}})");
  EXPECT_EQ(reads().count(R"(a{"n":29})"), 0U);
}

TEST_F(Progressing, ACancelKeepsTheProgress) {
  source_.before_row = [&](const tapster_sink*, int64_t id, int) -> tapster_status {
    if (id == 6) cancel_();
    return TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":5}})");
}

// The first slice ends when the second one has reported all of its progress.
TEST_F(Progressing, AStateCoversASliceOnlyAfterThoseBeforeIt) {
  source_.slices = 2;
  std::atomic<bool> is_second_read = false;
  source_.before_row = [&](const tapster_sink*, int64_t id, int) -> tapster_status {
    if (id == 0) wait_until([&] { return is_second_read.load(); });
    return TAPSTER_OK;
  };
  source_.after_progress = [&](const tapster_sink*, int64_t id, int) -> tapster_status {
    if (id == 19) is_second_read = true;
    return TAPSTER_OK;
  };
  const auto ended = run_singer(2);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":19}})");
}

// The second slice becomes the next one to fold while it is read.
TEST_F(Progressing, ASliceWhosePredecessorEndsMeanwhileGetsItsCheckpoints) {
  source_.slices = 2;
  const auto file = StateFile::open(directory_.path() / "state.json");
  source_.before_row = [&](const tapster_sink*, int64_t id, int attempt) -> tapster_status {
    if (id == 15 && attempt == 1) wait_until([&] { return progress_[0].slices_done > 0; });
    return id == 17 && attempt == 1 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto out = directory_.path() / "out";
  EXPECT_NE(run(*file_output(out, true, {}), &*file, {}, 2), Exit::done);
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":16})");
  EXPECT_EQ(parts_content(out / "a"), rows(0, 16));
}

TEST_F(Progressing, AFailedSliceOfAPartitionHidesTheProgressOfLaterOnes) {
  source_.slices = 4;
  source_.partition = [](int64_t n) { return n % 20 < 10 ? "p" : "q"; };
  fail_before(3, TAPSTER_SOURCE);
  const auto ended = run_singer(1);
  EXPECT_NE(ended.exit, Exit::done);
  EXPECT_EQ(ended.messages.back().at("value").at("bookmarks"), json::parse(R"({"a":{"p":2,"q":39}})"));
}

TEST_F(Progressing, FilesHaveEachRowOnceWhereverASliceFails) {
  source_.slices = 2;
  for (int64_t bad = 0; bad < 20; ++bad) {
    const auto out = directory_.path() / fmt::format("out{}", bad);
    const auto file = StateFile::open(directory_.path() / fmt::format("state{}", bad));
    fail_before(bad, TAPSTER_TRANSIENT);
    source_.attempts.clear();
    const PartOptions options{.most_rows = static_cast<uint64_t>(bad) % 4, .run = "run"};
    EXPECT_EQ(run(*file_output(out, true, options), &*file, {}, 1 + static_cast<int>(bad % 2)), Exit::done);
    EXPECT_EQ(file->read()->bookmark("a"), R"({"done":19})");
    EXPECT_EQ(parts_content(out / "a"), rows(0, 19)) << bad;
  }
}

// The state and the files of a run that ends in the middle of a slice, as a kill leaves them: what was
// written after the last checkpoint is cut off by the next run.
TEST_F(Progressing, FilesOfAnInterruptedSliceContinueAtTheCheckpoint) {
  const auto out = directory_.path() / "out";
  const auto saved = directory_.path() / "saved";
  const auto path = directory_.path() / "state.json";
  source_.before_row = [&](const tapster_sink* sink, int64_t id, int attempt) -> tapster_status {
    if (id != 5 || attempt != 1) return TAPSTER_OK;
    const std::string line = "{\"id\":77}\n";
    const tapster_batch batch{sizeof batch, line.data(), line.size(), 1, 1};
    EXPECT_EQ(sink->push(sink->context, &batch), TAPSTER_OK);
    std::filesystem::copy(out, saved / "out", std::filesystem::copy_options::recursive);
    std::filesystem::copy(path, saved / "state.json");
    return TAPSTER_OK;
  };
  std::filesystem::create_directory(saved);
  {
    const auto file = StateFile::open(path);
    EXPECT_EQ(run(*file_output(out, true, {}), &*file), Exit::done);
  }
  const auto file = StateFile::open(saved / "state.json");
  const auto state = *file->read();
  EXPECT_EQ(state.bookmark("a"), R"({"done":4})");
  // Plans nothing, so only the recovery of the files is seen.
  source_.slices = 0;
  EXPECT_EQ(run(*file_output(saved / "out", true, {}), &*file, state), Exit::done);
  EXPECT_EQ(parts_content(saved / "out" / "a"), rows(0, 4));
}

// The second reject is of an attempt that fails, and is not covered by a checkpoint.
TEST_F(Progressing, RejectsAreWrittenOnce) {
  const auto path = directory_.path() / "rejects.jsonl";
  const auto rejects = Rejects::open(path);
  rejects_ = rejects->get();
  source_.before_row = [has_failed = false](const tapster_sink* out, int64_t id,
                                            int) mutable -> tapster_status {
    if (id != 3 && id != 6) return TAPSTER_OK;
    const auto record = std::to_string(id);
    const auto status = out->reject(out->context, {record.data(), record.size()}, {"bad", 3});
    const bool fails = id == 6 && !std::exchange(has_failed, true);
    return fails ? TAPSTER_TRANSIENT : status;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  const auto lines = lines_of(content(path));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find(R"("record":3)"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find(R"("record":6)"), std::string::npos) << lines[1];
  EXPECT_EQ(progress_[0].rejected, 2U);
}

TEST_F(Progressing, AStateThatCannotBeFoldedFailsTheSlice) {
  source_.on_state = [](int64_t n) -> tapster_status { return n == 4 ? TAPSTER_INTERNAL : TAPSTER_OK; };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":3}})");
}

TEST_F(Progressing, OfAFullReadIsNotFolded) {
  streams_[0].replication_key.clear();
  fail_before(4, TAPSTER_TRANSIENT);
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(ids(ended), "0 1 2 3 0 1 2 3 4 5 6 7 8 9 ");
  EXPECT_EQ(reads(), (std::map<std::string, int>{{R"(a{"n":9})", 2}}));
}

// Such as the id of an export that was started.
TEST_F(Progressing, WithoutRecordsIsUsedByTheNextAttemptOfEveryRead) {
  streams_[0].replication_key.clear();
  source_.before_row = [has_failed = false](const tapster_sink* out, int64_t id,
                                            int) mutable -> tapster_status {
    if (has_failed) return TAPSTER_OK;
    if (id == 1) return has_failed = true, TAPSTER_TRANSIENT;
    const std::string slice = R"({"n":-1,"to":9,"export":"e1"})";
    return out->progress(out->context, {slice.data(), slice.size()});
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(ids(ended), "0 0 1 2 3 4 5 6 7 8 9 ");
  EXPECT_EQ(reads(),
            (std::map<std::string, int>{{R"(a{"n":9})", 1}, {R"(a{"n":-1,"to":9,"export":"e1"})", 1}}));
}

}  // namespace
}  // namespace tapster::host
