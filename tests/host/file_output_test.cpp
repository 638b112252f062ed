#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "output.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

class FileOutput : public testing::Test {
 protected:
  static SelectedStream stream(std::string name) {
    return {.name = name,
            .alias = name,
            .schema = {},
            .key_properties = {},
            .replication_key = {},
            .columns = {}};
  }
  void open(bool appends, std::vector<std::string> names = {"s"}) {
    output_ = file_output(directory_.path(), appends);
    std::vector<SelectedStream> streams;
    for (const auto& name : names) streams.push_back(stream(name));
    started_ = output_->start(streams, state_);
  }
  void write(size_t slice, const std::string& lines) {
    const tapster_batch batch{sizeof batch, lines.data(), lines.size(), 1, 0};
    const auto written = output_->write({0, slice}, batch);
    ASSERT_TRUE(written) << written.error().message;
  }
  void finish(size_t slice) { ASSERT_TRUE(output_->finish({0, slice})); }
  [[nodiscard]] std::string file(const std::string& name = "s.jsonl") const {
    return content(directory_.path() / name);
  }
  [[nodiscard]] size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()));
  }

  TemporaryDirectory directory_;
  State state_;
  std::unique_ptr<Output> output_;
  Outcome<void> started_;
};

TEST_F(FileOutput, HoldsSlicesInTheOrderOfThePlan) {
  open(false);
  write(2, "c1\n");
  write(0, "a1\n");
  write(1, "b1\n");
  write(0, "a2\n");
  write(2, "c2\n");
  finish(0);
  write(1, "b2\n");
  finish(1);
  finish(2);
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(file(), "a1\na2\nb1\nb2\nc1\nc2\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileOutput, ASliceThatIsReadAgainLeavesNothingOfTheFirstTime) {
  open(false);
  write(0, "a1\n");
  write(1, "b1\n");
  ASSERT_TRUE(output_->restart({0, 0}));
  ASSERT_TRUE(output_->restart({0, 1}));
  write(0, "a1\n");
  write(1, "b1\n");
  write(1, "b2\n");
  finish(0);
  finish(1);
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(file(), "a1\nb1\nb2\n");
}

TEST_F(FileOutput, WithoutAStateAnOldFileIsReplacedAtTheEndAndNotBefore) {
  directory_.write("s.jsonl", "old\n");
  open(false);
  write(0, "new\n");
  finish(0);
  EXPECT_EQ(file(), "old\n");
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(file(), "new\n");
}

TEST_F(FileOutput, AnIncompleteStreamLeavesTheOldFileAlone) {
  directory_.write("s.jsonl", "old\n");
  open(false);
  write(0, "new\n");
  finish(0);
  write(1, "half\n");
  ASSERT_TRUE(output_->end(0, false));
  EXPECT_EQ(file(), "old\n");
  EXPECT_EQ(file("s.incomplete.jsonl"), "new\n");
}

TEST_F(FileOutput, WhatWasNotCommittedIsCutOffByTheNextRun) {
  open(true);
  write(0, "a\n");
  finish(0);
  ASSERT_TRUE(output_->commit(state_));
  const auto committed = state_;
  write(1, "b\n");  // finished, and not committed
  finish(1);
  write(2, "c\n");  // not finished
  write(3, "d\n");  // kept aside
  output_.reset();  // as a kill leaves it
  EXPECT_EQ(file(), "a\nb\nc\n");

  state_ = committed;
  open(true);
  EXPECT_EQ(file(), "a\n");
  EXPECT_EQ(files(), 1U);
  write(0, "b\n");
  finish(0);
  ASSERT_TRUE(output_->commit(state_));
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(file(), "a\nb\n");
  EXPECT_EQ(state_.committed("s.jsonl"), 4U);
}

TEST_F(FileOutput, AFirstRunThatWasKilledBeforeItsFirstCommitLeavesNothing) {
  open(true);
  const auto started = state_;  // stored before any record is written
  write(0, "a\n");
  output_.reset();
  state_ = started;
  open(true);
  ASSERT_TRUE(started_);
  EXPECT_EQ(file(), "");
}

TEST_F(FileOutput, AFileThatTheStateDoesNotKnowIsNotTouched) {
  directory_.write("s.jsonl", "somebody's\n");
  open(true);
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::usage);
  EXPECT_NE(started_.error().message.find("s.jsonl"), std::string::npos);
  EXPECT_EQ(file(), "somebody's\n");
}

TEST_F(FileOutput, AFileThatIsShorterThanTheStateSaysIsRefused) {
  directory_.write("s.jsonl", "a\n");
  state_.set_committed("s.jsonl", 100);
  open(true);
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::usage);
}

TEST_F(FileOutput, ANameThatWouldLeaveTheDirectoryIsRefused) {
  for (const auto* name : {"../s", "a/b", ".hidden", ""}) {
    open(false, {name});
    EXPECT_FALSE(started_) << name;
  }
}

TEST_F(FileOutput, ADirectoryThatCannotBeMadeIsAnOutputFailure) {
  directory_.write("file", "");
  State state;
  const auto started = file_output(directory_.path() / "file" / "below", false)->start({stream("s")}, state);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().exit, Exit::output);
}

TEST_F(FileOutput, ASliceKeptAsideIsReadAgainAsTheFirstOfThoseLeft) {
  open(false);
  write(1, "b1\n");
  write(0, "a1\n");
  finish(0);
  ASSERT_TRUE(output_->restart({0, 1}));  // it has become the head, and its records are still aside
  write(1, "b1\n");
  ASSERT_TRUE(output_->restart({0, 1}));  // and now in the file
  write(1, "b1\n");
  finish(1);
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(file(), "a1\nb1\n");
}

TEST_F(FileOutput, KeepsMoreSlicesAsideThanAProcessMayHaveOpen) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit low = limit;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  open(false);
  std::string expected = "0\n";
  for (size_t slice = 1; slice <= 100; ++slice) {
    write(slice, std::to_string(slice) + "\n");
    expected += std::to_string(slice) + "\n";
  }
  write(0, "0\n");
  for (size_t slice = 0; slice <= 100; ++slice) finish(slice);
  ASSERT_TRUE(output_->end(0, true));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(file(), expected);
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileOutput, AStreamsFilesAreNotAnothersLeftovers) {
  open(false, {"s.parts", "s"});
  ASSERT_TRUE(started_);
  write(0, "a\n");
  finish(0);
  const auto ended = output_->end(0, true);
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(file("s.parts.jsonl"), "a\n");
}

TEST_F(FileOutput, AFileThatGrowsKeepsTheFinishedSlicesOfAStreamThatFailed) {
  open(true);
  write(0, "a\n");
  finish(0);
  write(1, "b\n");  // the head, not finished
  write(2, "c\n");  // kept aside
  ASSERT_TRUE(output_->end(0, false));
  ASSERT_TRUE(output_->commit(state_));
  EXPECT_EQ(file(), "a\n");
  EXPECT_EQ(state_.committed("s.jsonl"), 2U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileOutput, ACommitCoversFinishedSlicesAlone) {
  open(true);
  write(0, "a\n");
  write(1, "bb\n");
  ASSERT_TRUE(output_->commit(state_));
  EXPECT_EQ(state_.committed("s.jsonl"), 0U);
  finish(0);
  ASSERT_TRUE(output_->commit(state_));
  EXPECT_EQ(state_.committed("s.jsonl"), 2U);
  finish(1);
  ASSERT_TRUE(output_->commit(state_));
  EXPECT_EQ(state_.committed("s.jsonl"), 5U);
}

TEST_F(FileOutput, AFileThatTheStateKnowsAndIsGoneIsNotMadeAnew) {
  state_.set_committed("s.jsonl", 100);
  open(true);
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::usage);
  EXPECT_NE(started_.error().message.find("s.jsonl"), std::string::npos);
  EXPECT_EQ(files(), 0U);
}

TEST_F(FileOutput, AnInterruptedRunsSlicesDoNotComeBack) {
  open(false);
  write(0, "old\n");
  write(1, "old\n");
  output_.reset();  // as a kill leaves it
  open(false);
  write(1, "b\n");
  write(0, "a\n");
  finish(0);
  finish(1);
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(file(), "a\nb\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileOutput, SlicesWrittenAtOnceComeOutInTheOrderOfThePlan) {
  constexpr size_t slices = 8;
  constexpr int batches = 200;
  open(false);
  std::vector<std::thread> writers;
  for (size_t slice = 0; slice < slices; ++slice) {
    writers.emplace_back([&, slice] {
      for (int i = 0; i < batches; ++i) write(slice, fmt::format("{} {}\n", slice, i));
    });
  }
  std::string expected;
  for (size_t slice = 0; slice < slices; ++slice) {
    writers[slice].join();
    finish(slice);  // while those after it are being written
    for (int i = 0; i < batches; ++i) expected += fmt::format("{} {}\n", slice, i);
  }
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(file(), expected);
}

}  // namespace
}  // namespace tapster::host
