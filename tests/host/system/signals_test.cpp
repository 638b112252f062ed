#include "system/signals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>

namespace tapster::host {
namespace {

// Something to wait for.
class Event {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

TEST(StopSignals, TheFirstCallsTheStopFunction) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(number, SIG_DFL);  // a shell may have had it ignored
    const auto started = StopSignals::start();
    auto& signals = **started;
    Event stopped;
    signals.on_stop([&] { stopped.set(); });
    EXPECT_EQ(signals.received(), 0);
    ::kill(::getpid(), number);
    EXPECT_TRUE(stopped.wait());
    EXPECT_EQ(signals.received(), number);
    signals.on_stop(nullptr);
  }
}

// As under nohup: the run continues after its terminal is closed.
TEST(StopSignals, KeepAnIgnoredHangupIgnored) {
  std::signal(SIGHUP, SIG_IGN);
  {
    const auto started = StopSignals::start();
    auto& signals = **started;
    Event stopped;
    signals.on_stop([&] { stopped.set(); });
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGTERM);
    ASSERT_TRUE(stopped.wait());
    EXPECT_EQ(signals.received(), SIGTERM);
    signals.on_stop(nullptr);
  }
  std::signal(SIGHUP, SIG_DFL);
}

TEST(StopSignals, CallALateStopFunctionAtOnce) {
  const auto started = StopSignals::start();
  auto& signals = **started;
  Event stopped;
  signals.on_stop([&] { stopped.set(); });
  ::kill(::getpid(), SIGTERM);
  ASSERT_TRUE(stopped.wait());
  int calls = 0;
  signals.on_stop([&] { ++calls; });
  EXPECT_EQ(calls, 1);
  signals.on_stop(nullptr);
  EXPECT_EQ(calls, 1);
}

TEST(StopSignalsDeathTest, TheSecondEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::signal(SIGINT, SIG_DFL);
        const auto started = StopSignals::start();
        auto& signals = **started;
        Event stopped;
        signals.on_stop([&] { stopped.set(); });
        ::kill(::getpid(), SIGINT);
        stopped.wait();
        ::kill(::getpid(), SIGTERM);
        for (;;) ::pause();
      },
      testing::KilledBySignal(SIGTERM), "");
}

// A session that closes sends several.
TEST(StopSignalsDeathTest, ASecondHangupDoesNotEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_DFL);
        const auto started = StopSignals::start();
        auto& signals = **started;
        Event stopped;
        signals.on_stop([&] { stopped.set(); });
        ::kill(::getpid(), SIGHUP);
        stopped.wait();
        ::kill(::getpid(), SIGHUP);  // of those that wait the lower number is taken first
        ::kill(::getpid(), SIGTERM);
        for (;;) ::pause();
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignalsDeathTest, EndTheProcessWithoutAStopFunction) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::signal(SIGINT, SIG_DFL);
        const auto started = StopSignals::start();
        ::kill(::getpid(), SIGINT);
        for (;;) ::pause();
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace tapster::host
