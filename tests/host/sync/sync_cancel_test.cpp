// What a cancel leaves, whenever it comes.
#include <future>
#include <thread>

#include "report/summary.hpp"
#include "sync/syncing.hpp"

namespace tapster::host {
namespace {

TEST_F(Syncing, ACancelEndsTheRunWithAValidState) {
  use({"a", "b"});
  source_.slices = 100;
  source_.on_read = [&](const std::string& stream, int64_t n, int) -> tapster_status {
    if (stream == "a" && n == 20) cancel_();
    return TAPSTER_OK;
  };
  const auto ended = run_singer(3);
  EXPECT_EQ(ended.exit, Exit::failed);
  const auto last = check_order(ended);
  EXPECT_NE(last, "none");
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
  EXPECT_LT(ended.messages.size(), 300U);
}

TEST_F(Syncing, ACancelFromAnotherThreadEndsWaitingSlicesAndIdleWorkers) {
  use({"a"});
  source_.slices = 2;
  std::promise<void> waits;
  std::promise<void> cancelled;
  source_.on_cancel = [&] { cancelled.set_value(); };
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n == 0) return TAPSTER_OK;
    waits.set_value();
    cancelled.get_future().wait();
    return TAPSTER_CANCELLED;
  };
  // As the signal's thread does.
  std::thread signal([&] {
    waits.get_future().wait();
    wait_until([&] { return progress_[0].slices_done == 1; });
    cancel_();
  });
  const auto ended = run_singer(4);
  signal.join();
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":0}})");
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
  EXPECT_EQ(progress_[0].status, StreamStatus::stopped);
}

TEST_F(Syncing, ACancelAfterTheLastSliceChangesNothing) {
  use({"a"});
  source_.on_state = [&](int64_t n) -> tapster_status {
    if (n == 2) cancel_();
    return TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
  EXPECT_EQ(progress_[0].status, StreamStatus::complete);
}

TEST_F(Syncing, AStreamThatNeverStartedTookNoTime) {
  use({"a", "b"});
  clock_->sleep(std::chrono::hours(5), [] { return false; });  // the machine has been up for a while
  source_.on_plan = [&](const std::string&, int) -> tapster_status { return cancel_(), TAPSTER_CANCELLED; };
  EXPECT_EQ(run_singer(1).exit, Exit::failed);
  EXPECT_EQ(progress_[1].status, StreamStatus::stopped);
  const auto document = summary({}, progress_);
  EXPECT_EQ(document.at("streams").at(1).at("seconds"), 0.0);
}

TEST_F(Syncing, SlicesOfACancelledPlanAreNotRead) {
  use({"a"});
  source_.slices = 10;
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n == 4) cancel_();
    return TAPSTER_OK;
  };
  EXPECT_EQ(run_singer(1).exit, Exit::failed);
  EXPECT_TRUE(source_.attempts.empty());
  EXPECT_EQ(progress_[0].status, StreamStatus::stopped);
}

}  // namespace
}  // namespace tapster::host
