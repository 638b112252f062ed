// Slices of partitions: one that fails leaves the others.
#include <fcntl.h>

#include <atomic>
#include <set>
#include <sstream>

#include "sync/syncing.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

// Slices of the partitions x, y and z in turn.
class Partitions : public Syncing {
 protected:
  Partitions() {
    use({"a"});
    source_.slices = 12;
    source_.partition = [](int64_t n) { return std::string(1, static_cast<char>('x' + n % 3)); };
  }

  // The named slices fail for good.
  void fail_slices(std::set<int64_t> numbers, tapster_status status = TAPSTER_SOURCE) {
    source_.on_read = [numbers = std::move(numbers), status](const std::string&, int64_t n,
                                                             int) -> tapster_status {
      return numbers.contains(n) ? status : TAPSTER_OK;
    };
  }

  static json::value bookmarks(std::string_view text) { return json::parse(std::string(text)); }
};

TEST_F(Partitions, AreOneStreamIfAllSucceed) {
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":9,"y":10,"z":11}})"));
  EXPECT_EQ(progress_[0].status, StreamStatus::complete);
}

TEST_F(Partitions, AFailedPartitionLeavesTheOthers) {
  struct Case {
    int64_t failing;
    std::string_view state;
    std::string_view rows;
  };
  for (const auto& [failing, state, rows] :
       {Case{0, R"({"a":{"y":10,"z":11}})", "1 2 4 5 7 8 10 11"},
        Case{3, R"({"a":{"x":0,"y":10,"z":11}})", "0 1 2 4 5 7 8 10 11"},
        Case{7, R"({"a":{"x":9,"y":4,"z":11}})", "0 1 2 3 4 5 6 8 9 11"},
        Case{11, R"({"a":{"x":9,"y":10,"z":8}})", "0 1 2 3 4 5 6 7 8 9 10"}}) {
    for (const int jobs : {1, 4}) {
      fail_slices({failing});
      const auto ended = run_singer(jobs);
      EXPECT_EQ(ended.exit, Exit::partial) << failing;
      EXPECT_EQ(json::parse(check_order(ended)), bookmarks(state)) << failing;
      EXPECT_EQ(progress_[0].status, StreamStatus::partial);
      EXPECT_EQ(progress_[0].error.find("partition "), 0U) << progress_[0].error;

      const auto out = directory_.path() / "out";
      EXPECT_EQ(run(*file_output(out, false, {}, true), nullptr, {}, jobs), Exit::partial);
      auto text = parts_content(out / "a.incomplete");
      std::string ids;
      for (std::istringstream lines(text); std::getline(lines, text);)
        ids += (ids.empty() ? "" : " ") + std::to_string(json::parse(text).at("id").as_int64());
      EXPECT_EQ(ids, rows) << failing;
      EXPECT_FALSE(fs::exists(out / "a.jsonl"));
    }
  }
}

TEST_F(Partitions, NoSliceIsReadAfterAFailedOneOfItsPartition) {
  fail_slices({4});
  const auto ended = run_singer(1);
  EXPECT_EQ(count(ended, "RECORD"), 10U);  // slice 4 gave one before it failed
  EXPECT_FALSE(source_.attempts.contains(R"(a{"n":7,"partition":"y"})"));
  EXPECT_FALSE(source_.attempts.contains(R"(a{"n":10,"partition":"y"})"));
}

// The slices after it were read before it failed, and their records kept aside.
TEST_F(Partitions, RowsOfAFailedPartitionAreInNoFileAndNoState) {
  std::atomic<int> read = 0;
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n != 1) return ++read, TAPSTER_OK;
    wait_until([&] { return read == 11; });
    return TAPSTER_SOURCE;
  };
  const auto file = StateFile::open(directory_.path() / "state.json");
  const auto out = directory_.path() / "out";
  EXPECT_EQ(run(*file_output(out, true, {}), &*file, {}, 2), Exit::partial);
  const std::string rows =
      "{\"id\":0}\n{\"id\":2}\n{\"id\":3}\n{\"id\":5}\n{\"id\":6}\n{\"id\":8}\n{\"id\":9}\n{\"id\":11}\n";
  EXPECT_EQ(parts_content(out / "a"), rows);
  EXPECT_EQ(json::parse(file->read()->bookmark("a")), bookmarks(R"({"x":9,"z":11})"));
  EXPECT_EQ(std::distance(fs::directory_iterator(out / "a"), fs::directory_iterator()), 3)
      << "a file part, the schema and the folder's identity";
}

// Of two that are read at once the later one fails first.
TEST_F(Partitions, ASliceBeforeAFailedOneIsKept) {
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n == 3) return TAPSTER_SOURCE;
    if (n == 0) wait_until([&] { return progress_[0].status == StreamStatus::failed; });
    return TAPSTER_OK;
  };
  const auto ended = run_singer(2);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":0,"y":10,"z":11}})"));
}

TEST_F(Partitions, EveryFailureIsReportedOnceWithItsPartition) {
  fail_slices({0, 3, 4, 7});
  const auto ended = run_singer(4);
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"y":1,"z":11}})"));
  EXPECT_EQ(said("partition x: slice"), 1U);
  EXPECT_EQ(said("partition y: slice"), 1U);
  EXPECT_EQ(said("as the test says"), 2U);
}

TEST_F(Partitions, ACommonCauseOfAllFailuresDecidesTheExitCode) {
  fail_slices({0, 1, 2}, TAPSTER_AUTH);
  EXPECT_EQ(run_singer().exit, Exit::auth);
  source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
    return n % 3 == 0 ? TAPSTER_SOURCE : TAPSTER_AUTH;
  };
  EXPECT_EQ(run_singer().exit, Exit::partial);
}

TEST_F(Partitions, AFailedPlanKeepsThePlannedPartitions) {
  source_.on_slice = [](int64_t n) -> tapster_status { return n == 5 ? TAPSTER_AUTH : TAPSTER_OK; };
  fail_slices({1});
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":3,"z":2}})"));
  EXPECT_EQ(said("planning: as the test says"), 1U);
  EXPECT_EQ(said("partition y: slice"), 1U);
}

TEST_F(Partitions, AFailureDoesNotEndThePlan) {
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n == 1) wait_until([&] { return progress_[0].status == StreamStatus::failed; });
    return TAPSTER_OK;
  };
  fail_slices({0});
  const auto ended = run_singer(2);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"y":10,"z":11}})"));
}

TEST_F(Partitions, ATransientErrorIsRetriedInEachPartition) {
  source_.on_read = [](const std::string&, int64_t n, int attempt) -> tapster_status {
    return n % 3 == 1 || attempt < 3 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  EXPECT_EQ(run(*file_output(directory_.path() / "out", false, {})), Exit::partial);
  EXPECT_EQ(
      parts_content(directory_.path() / "out" / "a.incomplete"),
      "{\"id\":0}\n{\"id\":2}\n{\"id\":3}\n{\"id\":5}\n{\"id\":6}\n{\"id\":8}\n{\"id\":9}\n{\"id\":11}\n");
  EXPECT_EQ(source_.attempts[R"(a{"n":1,"partition":"y"})"], 3);
}

TEST_F(Partitions, AFailedStateUpdateEndsOnlyItsPartition) {
  source_.on_state = [](int64_t n) -> tapster_status { return n == 4 ? TAPSTER_STATE : TAPSTER_OK; };
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":9,"y":1,"z":11}})"));
  EXPECT_EQ(said("as the test says"), 1U);
}

TEST_F(Partitions, ACancelAfterAFailureLeavesAValidState) {
  source_.slices = 60;
  std::atomic<bool> is_cancelled = false;
  // The cancel comes when all before slice 20 is in the state and none after it has been read.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n == 20) {
      wait_until([&] { return progress_[0].slices_done == 14; });  // without six of y
      cancel_();
      is_cancelled = true;
    }
    if (n > 20) wait_until([&] { return is_cancelled.load(); });
    return n == 4 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto ended = run_singer(3);
  EXPECT_EQ(ended.exit, Exit::failed);
  const auto last = json::parse(check_order(ended));
  EXPECT_EQ(last.at("a").at("y"), 1);
  EXPECT_GE(last.at("a").at("x").as_int64(), 18);
  EXPECT_LT(last.at("a").at("x").as_int64(), 57);
}

}  // namespace
}  // namespace tapster::host
