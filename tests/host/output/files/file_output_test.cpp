#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <random>
#include <thread>

#include "output/files/compression.hpp"
#include "output/files/file_output.hpp"
#include "support/file_limit.hpp"
#include "support/process.hpp"
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
            .replication_key = "at",
            .columns = {}};
  }
  void open(bool appends, std::vector<std::string> names = {"s"}) {
    output_.reset();  // and its locks
    output_ = file_output(directory_.path(), appends, options_, overwrites_);
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
  void commit() {
    const auto committed = output_->commit(state_);
    ASSERT_TRUE(committed) << committed.error().message;
    stored_ = state_;
    ASSERT_TRUE(output_->stored());
  }
  void end(bool complete = true) {
    const auto ended = output_->end(0, complete);
    ASSERT_TRUE(ended) << ended.error().message;
    commit();
  }
  // A run that appends one line, its own name.
  void append_in_run(const std::string& run) {
    options_.run = run;
    open(true);
    ASSERT_TRUE(started_);
    write(0, run + "\n");
    finish(0);
    end();
  }
  // Leaves the files as a kill does: the next run knows only what was stored last.
  void kill() {
    output_.reset();
    state_ = stored_;
  }
  // What a reader sees in the stream's folder.
  [[nodiscard]] std::string file(const std::string& folder = "s") const {
    return parts_content(directory_.path() / folder);
  }
  // The names in a folder, including hidden ones, except the folder's identity and the schema.
  [[nodiscard]] std::vector<std::string> names(const std::string& folder = "s") const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory_.path() / folder)) {
      const auto name = entry.path().filename();
      if (name != ".tapster-folder" && name != "schema.json") found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // The bytes of the parts that the state names.
  [[nodiscard]] uint64_t committed() const {
    uint64_t bytes = 0;
    for (const auto& [name, size] : state_.files("s").value_or(StreamFiles()).sizes) bytes += size;
    return bytes;
  }

  TemporaryDirectory directory_;
  PartOptions options_{.aside_memory = 0, .run = "20260131T120000Z"};
  bool overwrites_ = false;
  State state_, stored_;
  std::unique_ptr<Output> output_;
  Outcome<void> started_;
};

TEST_F(FileOutput, StoresSlicesInTheOrderOfThePlan) {
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
  end();
  EXPECT_EQ(file(), "a1\na2\nb1\nb2\nc1\nc2\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"s-20260131T120000Z-000001.jsonl"}));
}

TEST_F(FileOutput, ARetriedSliceKeepsNothingOfTheFirstAttempt) {
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
  end();
  EXPECT_EQ(file(), "a1\nb1\nb2\n");
}

TEST_F(FileOutput, ARetriedSliceKeepsWhatIsBeforeItsCheckpoint) {
  open(true);
  write(1, "b1\n");
  write(0, "a1\n");
  ASSERT_TRUE(output_->checkpoint({0, 0}));
  write(0, "a2\n");
  ASSERT_TRUE(output_->restart({0, 0}));
  commit();
  EXPECT_EQ(committed(), 3U);
  write(0, "a3\n");
  ASSERT_TRUE(output_->restart({0, 0}));
  write(0, "a4\n");
  finish(0);
  // The records that it kept aside before it was the head.
  ASSERT_TRUE(output_->checkpoint({0, 1}));
  write(1, "b2\n");
  commit();
  EXPECT_EQ(committed(), 9U);
  kill();
  open(true);
  EXPECT_EQ(file(), "a1\na4\nb1\n");
}

// A part that is full in the middle of a slice gets its final name once the state covers it.
TEST_F(FileOutput, AFullPartBeforeACheckpointIsVisible) {
  options_.most_rows = 1;
  open(true);
  write(0, "a1\n");
  write(0, "a2\n");
  ASSERT_TRUE(output_->checkpoint({0, 0}));
  commit();
  EXPECT_EQ(file(), "a1\n");
  ASSERT_TRUE(output_->restart({0, 0}));
  write(0, "a3\n");
  commit();
  EXPECT_EQ(file(), "a1\na2\n");
  finish(0);
  end();
  EXPECT_EQ(file(), "a1\na2\na3\n");
}

// Slices wait in memory, in files, or first in memory and then in files.
TEST_F(FileOutput, TheMemoryForWaitingSlicesDoesNotChangeWhatIsWritten) {
  for (const size_t memory : {0U, 3U, 7U, 1000U}) {
    options_.aside_memory = memory;
    overwrites_ = true;
    open(false);
    write(2, "c1\n");
    write(1, "b0\n");
    write(2, "c2\n");
    ASSERT_TRUE(output_->restart({0, 1}));
    ASSERT_TRUE(output_->restart({0, 3}));  // before any of its records
    write(1, "b1\n");
    write(2, "c3\n");
    write(1, "b2\n");
    write(0, "a1\n");
    finish(0);
    write(3, "d1\n");
    finish(1);
    finish(2);
    ASSERT_TRUE(output_->restart({0, 3}));
    write(3, "d2\n");
    finish(3);
    write(5, "f1\n");  // its slice is not finished
    end();
    EXPECT_EQ(file(), "a1\nb1\nb2\nc1\nc2\nc3\nd2\n") << memory;
    EXPECT_EQ(names().size(), 1U) << memory;
  }
}

TEST_F(FileOutput, WithoutAStateAnOldFileIsReplacedOnlyAtTheEnd) {
  directory_.write("s/s-old-000001.jsonl", "old\n");
  overwrites_ = true;
  open(false);
  write(0, "new\n");
  finish(0);
  EXPECT_EQ(file(), "old\n");
  end();
  EXPECT_EQ(file(), "new\n");
}

TEST_F(FileOutput, AnIncompleteStreamLeavesTheOldFileAlone) {
  directory_.write("s/s-old-000001.jsonl", "old\n");
  overwrites_ = true;
  open(false);
  write(0, "new\n");
  finish(0);
  write(1, "half\n");
  end(false);
  EXPECT_EQ(file(), "old\n");
  EXPECT_EQ(file("s.incomplete"), "new\n");
}

// On a file system that cannot exchange two folders, the run was killed after the new set was in place.
TEST_F(FileOutput, TheOldSetThatAKilledRunReplacedIsRemoved) {
  directory_.write("s/s-new-000001.jsonl", "new\n");
  directory_.write(".s.old/s-old-000001.jsonl", "old\n");
  directory_.write("s.incomplete/s-new-000001.jsonl", "half\n");
  directory_.write(".s.incomplete.old/s-old-000001.jsonl", "less\n");
  overwrites_ = true;
  open(false);
  ASSERT_TRUE(started_) << started_.error().message;
  EXPECT_EQ(file(), "new\n");
  EXPECT_EQ(file("s.incomplete"), "half\n");
  for (const auto* old : {".s.old", ".s.incomplete.old"})
    EXPECT_FALSE(fs::exists(directory_.path() / old)) << old;
}

// The same, killed between the two renames. A set that was incomplete is not the stream's set afterwards.
TEST_F(FileOutput, TheSetThatAKilledRunMovedAsideIsRestored) {
  directory_.write(".s.incomplete.old/s-old-000001.jsonl", "half\n");
  overwrites_ = true;
  open(false);
  ASSERT_TRUE(started_) << started_.error().message;
  EXPECT_FALSE(fs::exists(directory_.path() / "s"));
  EXPECT_EQ(file("s.incomplete"), "half\n");
  directory_.write(".s.old/s-old-000001.jsonl", "old\n");
  fs::create_directory(directory_.path() / "s");  // a loader wants a folder
  open(false);
  ASSERT_TRUE(started_) << started_.error().message;
  EXPECT_EQ(file(), "old\n");
  EXPECT_FALSE(fs::exists(directory_.path() / ".s.old"));
}

TEST_F(FileOutput, TheNextRunCutsOffWhatWasNotCommitted) {
  open(true);
  write(0, "a\n");
  finish(0);
  commit();
  write(1, "b\n");  // finished, and not committed
  finish(1);
  write(2, "c\n");  // not finished
  write(3, "d\n");  // kept aside
  kill();
  EXPECT_EQ(file(), "") << "a reader ignores files that may still change";
  EXPECT_EQ(names(), (std::vector<std::string>{".aside-000003", ".s-20260131T120000Z-000001.part"}));

  open(true);
  EXPECT_EQ(file(), "a\n");
  EXPECT_EQ(names().size(), 1U);
  write(0, "b\n");
  finish(0);
  end();
  EXPECT_EQ(file(), "a\nb\n");
  EXPECT_EQ(names(),
            (std::vector<std::string>{"s-20260131T120000Z-000001.jsonl", "s-20260131T120000Z-000002.jsonl"}));
}

// Kills the run at each moment around the end of a part.
TEST_F(FileOutput, ACrashBetweenSyncStateAndRenameDoublesNothing) {
  enum Moment { before_commit, before_store, before_rename, after_rename, after_next_store };
  for (const auto moment : {before_commit, before_store, before_rename, after_rename, after_next_store}) {
    fs::remove_all(directory_.path() / "s");
    state_ = stored_ = State();
    options_.most_rows = 1;
    open(true);
    stored_ = state_;
    write(0, "a\n");
    finish(0);
    commit();
    write(1, "b\n");  // closes the first part
    finish(1);
    if (moment > before_commit) {
      ASSERT_TRUE(output_->commit(state_));
    }
    if (moment > before_store) stored_ = state_;
    if (moment > before_rename) {
      ASSERT_TRUE(output_->stored());
    }
    if (moment > after_rename) {
      ASSERT_TRUE(output_->commit(state_));
      stored_ = state_;
    }
    kill();
    const bool has_b = moment > before_store;
    open(true);
    ASSERT_TRUE(started_);
    EXPECT_EQ(file(), has_b ? "a\nb\n" : "a\n") << moment;
    write(0, has_b ? "c\n" : "b\nc\n");
    finish(0);
    end();
    EXPECT_EQ(file(), "a\nb\nc\n") << moment;
    for (const auto& name : names()) EXPECT_NE(name.front(), '.') << moment;
  }
}

TEST_F(FileOutput, AFirstRunThatWasKilledBeforeItsFirstCommitLeavesNothing) {
  open(true);
  stored_ = state_;  // stored before any record is written
  write(0, "a\n");
  kill();
  open(true);
  ASSERT_TRUE(started_);
  EXPECT_TRUE(names().empty());
}

TEST_F(FileOutput, FilesThatTheStateDoesNotKnowAreNotTouched) {
  directory_.write("s/s-1-000001.jsonl", "somebody's\n");
  directory_.write("s/.hidden", "");
  open(true);
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::usage);
  EXPECT_NE(started_.error().message.find("s-1-000001.jsonl exists, but the state file does not know it"),
            std::string::npos);
  EXPECT_EQ(file(), "somebody's\n");
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(FileOutput, APartThatIsShorterThanTheStateSaysIsRefused) {
  directory_.write("s/.s-1-000001.part", "a\n");
  state_.set_files("s", {1, "", "", {{"s-1-000001.jsonl", 100}}});
  open(true);
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::usage);
  EXPECT_NE(started_.error().message.find(".s-1-000001.part has 2 bytes"), std::string::npos);
}

// A loader removes the files that it has loaded.
TEST_F(FileOutput, CompletePartsMayBeRemoved) {
  open(true);
  write(0, "a\n");
  finish(0);
  end();
  fs::remove(directory_.path() / "s" / names().front());
  open(true);
  ASSERT_TRUE(started_);
  write(0, "b\n");
  finish(0);
  end();
  EXPECT_EQ(file(), "b\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"s-20260131T120000Z-000002.jsonl"})) << "no name is reused";
}

TEST_F(FileOutput, AFullTableStreamIsReplacedBesideAnIncrementalOne) {
  for (const std::string round : {"1\n", "2\n"}) {
    output_ = file_output(directory_.path(), true, options_);
    auto full = stream("full");
    full.replication_key.clear();
    ASSERT_TRUE(full.is_full_table());
    ASSERT_TRUE(output_->start({full, stream("s")}, state_));
    for (const size_t index : {0, 1}) {
      const tapster_batch batch{sizeof batch, round.data(), round.size(), 1, 0};
      ASSERT_TRUE(output_->write({index, 0}, batch));
      ASSERT_TRUE(output_->finish({index, 0}));
      ASSERT_TRUE(output_->end(index, true));
    }
    commit();
    output_.reset();
  }
  EXPECT_EQ(file("full"), "2\n");
  EXPECT_EQ(file("s"), "1\n2\n");
}

TEST_F(FileOutput, AFolderOfAnotherStateIsRefused) {
  open(true);
  const auto first = state_;
  write(0, "a\n");
  finish(0);
  end();
  const auto second = state_;
  state_ = first;  // an old copy
  open(true);
  ASSERT_FALSE(started_);
  EXPECT_NE(started_.error().message.find("is newer than the files that the state file knows"),
            std::string::npos);
  EXPECT_EQ(file(), "a\n");
  output_.reset();
  state_ = second;
  fs::remove_all(directory_.path() / "s");  // a volume that is not mounted
  open(true);
  ASSERT_FALSE(started_);
  EXPECT_NE(started_.error().message.find("/s does not exist"), std::string::npos);
}

TEST_F(FileOutput, ASecondRunOnTheSameFolderIsRefused) {
  open(true);
  State other;
  const auto second = file_output(directory_.path(), true, options_)->start({stream("s")}, other);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().exit, Exit::usage);
  EXPECT_NE(second.error().message.find("another run"), std::string::npos);
}

TEST_F(FileOutput, FilesOfAnEarlierRunAreReplacedOnlyWithOverwrite) {
  open(true);
  write(0, "a\n");
  finish(0);
  end();
  open(false);
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::usage);
  for (const auto* word : {"/s has a file", "--overwrite", "--state-file"})
    EXPECT_NE(started_.error().message.find(word), std::string::npos) << started_.error().message;
  EXPECT_EQ(file(), "a\n");
}

TEST_F(FileOutput, ARunOfAnotherKindOnTheSameDirectoryIsRefusedBeforeItsChecks) {
  for (const bool appends : {true, false}) {
    open(appends);
    ASSERT_TRUE(started_);
    directory_.write("t/notes.txt", "mine");  // a check would refuse it
    State other;
    const auto second = file_output(directory_.path(), !appends, options_)->start({stream("t")}, other);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("another run"), std::string::npos) << second.error().message;
  }
}

TEST_F(FileOutput, AStreamMaySwitchBetweenFullTableAndIncremental) {
  const auto run = [&](bool is_full, const std::string& line) {
    output_.reset();
    output_ = file_output(directory_.path(), true, options_);
    auto one = stream("s");
    if (is_full) one.replication_key.clear();
    const auto started = output_->start({one}, state_);
    ASSERT_TRUE(started) << started.error().message;
    write(0, line);
    finish(0);
    end();
  };
  run(true, "full\n");
  run(false, "more\n");
  EXPECT_EQ(file(), "full\nmore\n");
  run(true, "again\n");
  EXPECT_EQ(file(), "again\n");
  run(false, "last\n");
  EXPECT_EQ(file(), "again\nlast\n");
}

TEST_F(FileOutput, AReadOfATimeRangeDoesNotReplaceTheCompleteSet) {
  open(true);
  write(0, "whole\n");
  finish(0);
  end();
  output_.reset();
  auto part = stream("s");
  part.replication_key.clear();
  part.is_full_by_choice = true;
  for (const bool overwrites : {false, true}) {
    const auto started = file_output(directory_.path(), true, options_, overwrites)->start({part}, state_);
    EXPECT_EQ(started.has_value(), overwrites) << "without a version, it is a read with --since or --until";
  }
  part.version = 7;
  EXPECT_TRUE(file_output(directory_.path(), true, options_)->start({part}, state_));
  EXPECT_EQ(file(), "whole\n");
}

TEST_F(FileOutput, ARunNoticesThatItsFolderWasReplaced) {
  const auto run = [&](bool appends, const std::string& line) {
    open(appends);
    if (!started_) return;
    write(0, line);
    finish(0);
    end();
  };
  run(true, "a\n");
  const auto grown = state_;
  overwrites_ = true;
  run(false, "b\n");
  overwrites_ = false;
  state_ = grown;
  run(true, "c\n");
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::usage);
  EXPECT_NE(started_.error().message.find("another run replaced it"), std::string::npos)
      << started_.error().message;
  EXPECT_EQ(file(), "b\n");
  auto full = stream("s");
  full.replication_key.clear();
  EXPECT_FALSE(file_output(directory_.path(), true, options_)->start({full}, state_))
      << "a full read with that state does not replace it either";
}

TEST_F(FileOutput, TheSameStateMayReplaceItsOwnFolder) {
  // As an earlier version left it: neither the state nor the folder has an identity.
  directory_.write("s/s-20250131T120000Z-000001.jsonl", "old\n");
  state_.set_files("s", {1, "", "", {}});
  for (const std::string line : {"1\n", "2\n"}) {
    output_.reset();
    output_ = file_output(directory_.path(), true, options_);
    auto full = stream("s");
    full.replication_key.clear();
    ASSERT_TRUE(output_->start({full}, state_));
    write(0, line);
    finish(0);
    ASSERT_TRUE(output_->end(0, true));
    ASSERT_TRUE(output_->commit(state_));
    // Killed after the state was stored and before the new set is in place.
    output_.reset();
    output_ = file_output(directory_.path(), true, options_);
    const auto again = output_->start({full}, state_);
    ASSERT_TRUE(again) << again.error().message;
    write(0, line);
    finish(0);
    end();
    EXPECT_EQ(file(), line);
  }
}

TEST_F(FileOutput, NamesSortAsWrittenAfterTheClockWasSetBack) {
  std::string expected;
  for (const auto* run : {"20260131T120000Z", "20260130T120000Z", "20260201T120000Z", "20260131T130000Z"}) {
    append_in_run(run);
    expected += std::string(run) + "\n";
    EXPECT_EQ(file(), expected);
    // A loader took the files, and the state still knows the newest name.
    if (run == std::string("20260201T120000Z")) {
      for (const auto& name : names()) fs::remove(directory_.path() / "s" / name);
      expected.clear();
    }
  }
  EXPECT_EQ(names(), std::vector<std::string>{"s-20260201T120000Z-000004.jsonl"});
}

TEST_F(FileOutput, NamesOfAShardSortAsWrittenToo) {
  for (const auto* run : {"20260131T120000Z-3of8", "20260130T120000Z-3of8"}) {
    append_in_run(run);
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"s-20260131T120000Z-3of8-000001.jsonl",
                                               "s-20260131T120000Z-3of8-000002.jsonl"}));
}

TEST_F(FileOutput, FilesAreNotReadableByEveryone) {
  const auto mask = ::umask(0);
  open(true);
  write(0, "a\n");
  finish(0);
  end();
  ::umask(mask);
  const auto mode = fs::status(directory_.path() / "s" / names().front()).permissions();
  EXPECT_EQ(mode, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
}

TEST_F(FileOutput, AFolderWithOtherFilesIsNotReplaced) {
  directory_.write("s/notes.txt", "mine");
  open(false);
  ASSERT_FALSE(started_);
  EXPECT_NE(started_.error().message.find("/s has files that are not parts"), std::string::npos);
  EXPECT_EQ(content(directory_.path() / "s/notes.txt"), "mine");
}

TEST_F(FileOutput, AFileInTheFoldersPlaceIsNotReplaced) {
  const auto file = directory_.write("s", "mine");
  overwrites_ = true;
  open(false);
  ASSERT_FALSE(started_);
  EXPECT_EQ(started_.error().exit, Exit::output);
  EXPECT_NE(started_.error().message.find("/s: cannot list the files: Not a directory"), std::string::npos)
      << started_.error().message;
  EXPECT_EQ(content(file), "mine");
}

TEST_F(FileOutput, NoOtherFolderThatARunReplacesMayHaveOtherFiles) {
  overwrites_ = true;
  for (const std::string folder : {".s.old", ".s.new", "s.incomplete", ".s.incomplete.old"}) {
    const auto notes = folder + "/notes.txt";
    directory_.write(notes, "mine");
    open(false);
    ASSERT_FALSE(started_) << folder;
    EXPECT_NE(started_.error().message.find(folder + " has files that are not parts"), std::string::npos)
        << started_.error().message;
    EXPECT_EQ(content(directory_.path() / notes), "mine");
    fs::remove_all(directory_.path() / folder);
  }
}

// What an interrupted run left of the other stream stays: the state of that run may still turn up.
TEST_F(FileOutput, ARunThatIsRejectedDoesNotChangeOtherStreams) {
  open(true);
  write(0, "a\n");
  finish(0);
  kill();
  const auto before = names();
  directory_.write("full/notes.txt", "mine");
  output_ = file_output(directory_.path(), true, options_);
  auto full = stream("full");
  full.replication_key.clear();
  EXPECT_FALSE(output_->start({stream("s"), full}, state_));
  EXPECT_EQ(names(), before);
}

TEST_F(FileOutput, ASliceMayHaveMorePartsThanAProcessMayHaveOpen) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit low = limit;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  options_.most_rows = 1;
  options_.compression = Compression::zstd;
  for (const bool appends : {true, false}) {
    open(appends);
    for (int i = 0; i < 200; ++i) write(0, "a\n");
    finish(0);
    end();
    EXPECT_EQ(names().size(), 200U);
    output_.reset();
    fs::remove_all(directory_.path() / "s");
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
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
  const auto started =
      file_output(directory_.path() / "file" / "below", false, options_)->start({stream("s")}, state);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().exit, Exit::output);
}

TEST_F(FileOutput, ASliceKeptAsideIsRetriedAsTheHead) {
  open(false);
  write(1, "b1\n");
  write(0, "a1\n");
  finish(0);
  ASSERT_TRUE(output_->restart({0, 1}));  // it has become the head, and its records are still aside
  write(1, "b1\n");
  ASSERT_TRUE(output_->restart({0, 1}));  // and now in the file
  write(1, "b1\n");
  finish(1);
  end();
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
  end();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(file(), expected);
  EXPECT_EQ(names(), (std::vector<std::string>{"s-20260131T120000Z-000001.jsonl"}));
}

TEST_F(FileOutput, KeepsTheFinishedSlicesOfAStreamThatFailed) {
  open(true);
  write(0, "a\n");
  finish(0);
  write(1, "b\n");  // the head, not finished
  write(2, "c\n");  // kept aside
  end(false);
  EXPECT_EQ(file(), "a\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"s-20260131T120000Z-000001.jsonl"}));
}

TEST_F(FileOutput, AWriteThatFailsInTheMiddleLeavesNoPieceOfALine) {
  ::signal(SIGXFSZ, SIG_IGN);
  open(false);
  write(0, "first\n");
  finish(0);
  commit();
  std::optional<FileLimit> limit(12);
  const std::string line = "the second line\n";
  const auto written = output_->write({0, 1}, {sizeof(tapster_batch), line.data(), line.size(), 1, 0});
  limit.reset();
  ASSERT_FALSE(written);
  ASSERT_TRUE(output_->end(0, false));
  EXPECT_EQ(file("s.incomplete"), "first\n");
}

TEST_F(FileOutput, ACommitCoversOnlyFinishedSlices) {
  open(true);
  write(0, "a\n");
  write(1, "bb\n");
  commit();
  EXPECT_EQ(committed(), 0U);
  finish(0);
  commit();
  EXPECT_EQ(committed(), 2U);
  finish(1);
  commit();
  EXPECT_EQ(committed(), 5U);
}

// A sync that gives up a slice restarts it and finishes it with nothing.
TEST_F(FileOutput, ASliceThatIsGivenUpLeavesNothing) {
  open(true);
  write(1, "b\n");
  write(0, "a\n");
  write(2, "c\n");
  ASSERT_TRUE(output_->restart({0, 0}));
  finish(0);
  ASSERT_TRUE(output_->restart({0, 1}));
  finish(1);
  finish(2);
  end(false);
  EXPECT_EQ(file(), "c\n");
}

TEST_F(FileOutput, AStreamWithoutRecordsHasNoFile) {
  open(true);
  finish(0);
  end();
  EXPECT_TRUE(names().empty());
  ASSERT_TRUE(state_.files("s")) << "and is known";
  EXPECT_EQ(state_.files("s")->last, 0U);
}

TEST_F(FileOutput, PartsHaveALimitOfRowsOrBytes) {
  options_.most_rows = 2;
  open(true);
  write(0, "a\nb\nc\n");
  write(1, "d\ne\n");
  finish(0);
  finish(1);
  end();
  std::vector<std::string> contents;
  for (const auto& name : names()) contents.push_back(content(directory_.path() / "s" / name));
  EXPECT_EQ(contents, (std::vector<std::string>{"a\nb\n", "c\nd\n", "e\n"}));

  fs::remove_all(directory_.path() / "s");
  state_ = State();
  options_.most_rows = 0;
  options_.largest = 6;
  open(true);
  write(0, "aa\nbb\ncc\nlonger than six\nd\n");
  finish(0);
  end();
  contents.clear();
  for (const auto& name : names()) contents.push_back(content(directory_.path() / "s" / name));
  EXPECT_EQ(contents, (std::vector<std::string>{"aa\nbb\n", "cc\n", "longer than six\n", "d\n"}));
}

TEST_F(FileOutput, ASliceOverSeveralPartsIsRetried) {
  options_.most_rows = 1;
  open(true);
  write(0, "a\n");
  finish(0);
  commit();
  write(1, "b\nc\nd\n");
  commit();  // while the slice is on its way
  EXPECT_EQ(file(), "a\n") << "and will not grow any more";
  ASSERT_TRUE(output_->restart({0, 1}));
  write(1, "b\nc\n");
  finish(1);
  end();
  EXPECT_EQ(file(), "a\nb\nc\n");
  EXPECT_EQ(names().size(), 3U);
}

// Compressed parts. Each frame can be decompressed on its own.
class Compressed : public FileOutput, public testing::WithParamInterface<Compression> {
 protected:
  [[nodiscard]] std::string unpacked() const {
    if (GetParam() == Compression::none) return file();
    Arguments arguments{"-dcq"};
    for (const auto& name : names()) {
      if (name.front() != '.') arguments.push_back(directory_.path() / "s" / name);
    }
    if (arguments.size() == 1) return {};
    const auto ended = run_program(GetParam() == Compression::gzip ? "gzip" : "zstd", arguments);
    EXPECT_EQ(ended.exit, 0) << ended.err;
    return ended.out;
  }
};

TEST_P(Compressed, HasEveryRecordOnceAfterAKill) {
  options_.compression = GetParam();
  open(true);
  std::string expected;
  const auto slice = [&](size_t number, bool is_kept) {
    for (int i = 0; i < 300; ++i) {
      const auto lines = fmt::format("{{\"slice\":{},\"row\":{}}}\n", number, i);
      write(number, lines);
      if (is_kept) expected += lines;
    }
  };
  slice(1, false);
  slice(0, true);
  finish(0);
  commit();
  ASSERT_TRUE(output_->restart({0, 1}));
  slice(1, false);
  finish(1);
  slice(2, false);
  kill();
  open(true);
  EXPECT_EQ(unpacked(), expected);
  slice(0, true);
  finish(0);
  end();
  EXPECT_EQ(unpacked(), expected);
  EXPECT_TRUE(names().front().ends_with(".jsonl" + std::string(extension(GetParam()))));
}

// Runs of random steps: slices written out of order, kept in part, read again, finished, committed, and
// killed at any step, with small parts and little memory. Whatever was committed is there once, and nothing
// else.
TEST_P(Compressed, RandomRunsKeepWhatWasCommittedOnce) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::minstd_rand random(seed);
    const auto below = [&](unsigned n) { return static_cast<size_t>(random() % n); };
    options_.compression = GetParam();
    options_.most_rows = below(4);
    options_.largest = below(3) * 40;
    options_.aside_memory = below(3) * 30;
    fs::remove_all(directory_.path() / "s");
    state_ = stored_ = State();
    std::string committed;
    int line = 0;
    for (int run = 0; run < 4; ++run) {
      open(true);
      ASSERT_TRUE(started_) << seed << ": " << started_.error().message;
      stored_ = state_;
      std::string finished = committed;
      std::map<size_t, std::string> slices;  // those that are not finished, by number
      size_t head = 0;
      for (size_t steps = below(40); steps > 0; --steps) {
        const auto slice = head + below(3);
        const auto step = below(11);
        if (step < 6) {
          const auto lines = fmt::format("{{\"n\":{}}}\n{{\"n\":{}}}\n", line, line + 1);
          line += 2;
          write(slice, lines);
          slices[slice] += lines;
        } else if (step == 6) {
          ASSERT_TRUE(output_->restart({0, slice}));
          slices[slice].clear();
        } else if (step < 9) {
          finish(head);
          finished += slices[head++];
        } else if (step == 9) {
          ASSERT_TRUE(output_->checkpoint({0, head}));
          finished += std::exchange(slices[head], {});
        } else {
          commit();
          committed = finished;
        }
      }
      if (run == 3) {
        end();
        committed = finished;
      }
      kill();
    }
    open(true);
    ASSERT_TRUE(started_) << seed << ": " << started_.error().message;
    EXPECT_EQ(unpacked(), committed) << seed;
    for (const auto& name : names()) EXPECT_NE(name.front(), '.') << seed;
  }
}

TEST_P(Compressed, IsSmaller) {
  options_.compression = GetParam();
  open(false);
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += fmt::format("{{\"row\":{}}}\n", i);
  write(0, lines);
  finish(0);
  end();
  EXPECT_EQ(unpacked(), lines);
  if (GetParam() == Compression::none) return;
  EXPECT_LT(fs::file_size(directory_.path() / "s" / names().front()), lines.size() / 4);
}

INSTANTIATE_TEST_SUITE_P(
    Parts, Compressed, testing::Values(Compression::none, Compression::gzip, Compression::zstd),
    [](const auto& of) {
      return std::string(std::array{"none", "gzip", "zstd"}[static_cast<size_t>(of.param)]);
    });

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
  end();
  EXPECT_EQ(file(), "a\nb\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"s-20260131T120000Z-000001.jsonl"}));
}

TEST_F(FileOutput, SlicesWrittenConcurrentlyAreStoredInTheOrderOfThePlan) {
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
  end();
  EXPECT_EQ(file(), expected);
}

}  // namespace
}  // namespace tapster::host
