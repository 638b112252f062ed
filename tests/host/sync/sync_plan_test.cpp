// Long and endless plans: they wait for their readers, so memory stays flat and reading continues.
#include <atomic>
#include <limits>

#include "sync/syncing.hpp"

namespace tapster::host {
namespace {

constexpr int64_t most_ahead = 1024 + 64;  // slices that wait, and those at work

class LongPlan : public Syncing {
 protected:
  void watch() {
    source_.on_slice = [&](int64_t n) -> tapster_status {
      // A plan goes round its slices in order, so this many have been pushed.
      int64_t ahead = n - reads_ / static_cast<int64_t>(streams_.size());
      for (auto seen = farthest_.load(); ahead > seen && !farthest_.compare_exchange_weak(seen, ahead);) {
      }
      return TAPSTER_OK;
    };
    source_.on_read = [&](const std::string&, int64_t, int) -> tapster_status {
      if (++reads_ == cancel_at_) cancel_();
      return TAPSTER_OK;
    };
  }

  std::atomic<int64_t> reads_ = 0, farthest_ = 0;
  int64_t cancel_at_ = -1;
};

TEST_F(LongPlan, WaitsForAnyNumberOfReaders) {
  for (const int jobs : {1, 2, 4}) {
    use({"a"});
    source_.slices = 5000;
    source_.attempts.clear();
    reads_ = farthest_ = 0;
    commit_interval_ = std::chrono::seconds(10);
    watch();
    const auto ended = run_singer(jobs);
    EXPECT_EQ(ended.exit, Exit::done) << jobs;
    EXPECT_EQ(count(ended, "RECORD"), 5000U) << jobs;
    EXPECT_EQ(check_order(ended), R"({"a":{"done":4999}})") << jobs;
    EXPECT_LE(farthest_, most_ahead) << jobs;
    EXPECT_GT(farthest_, 0) << jobs;
  }
}

TEST_F(LongPlan, OfSeveralStreamsLeavesAWorkerToRead) {
  use({"a", "b", "c"});
  source_.slices = 3000;
  commit_interval_ = std::chrono::seconds(10);
  for (const int jobs : {1, 3}) {
    source_.attempts.clear();
    const auto ended = run_singer(jobs);
    EXPECT_EQ(ended.exit, Exit::done) << jobs;
    EXPECT_EQ(count(ended, "RECORD"), 9000U) << jobs;
  }
}

TEST_F(LongPlan, LeavesAJobToReadItsFirstSlices) {
  use({"a", "b", "c"});
  watch();
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n == source_.slices) wait_until([&] { return reads_ > 0; });
    return TAPSTER_OK;
  };
  for (const int jobs : {2, 3}) {
    reads_ = 0;
    EXPECT_EQ(run_singer(jobs).exit, Exit::done) << jobs;
  }
}

TEST_F(LongPlan, ThatNeverEndsIsReadAndCanBeCancelled) {
  for (const int jobs : {1, 4}) {
    use({"a"});
    source_.slices = std::numeric_limits<int>::max();
    source_.attempts.clear();
    reads_ = farthest_ = 0;
    cancel_at_ = 3000;
    commit_interval_ = std::chrono::seconds(10);
    watch();
    const auto ended = run_singer(jobs);
    EXPECT_EQ(ended.exit, Exit::failed) << jobs;
    EXPECT_GE(count(ended, "RECORD"), 3000U) << jobs;
    EXPECT_LE(farthest_, most_ahead) << jobs;
    EXPECT_NE(check_order(ended), "none") << jobs;
  }
}

}  // namespace
}  // namespace tapster::host
