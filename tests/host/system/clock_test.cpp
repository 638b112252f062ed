#include "system/clock.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tapster::host {
namespace {

using namespace std::chrono_literals;

const Time noon = Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + 12h;
bool never() {
  return false;
}

TEST(FixedClock, StaysAtItsTime) {
  const auto clock = fixed_clock(noon);
  EXPECT_EQ(clock->now(), noon);
  EXPECT_EQ(clock->now(), noon);
}

TEST(FixedClock, ASleepMovesBothClocks) {
  const auto clock = fixed_clock(noon);
  const auto before = clock->monotonic();
  clock->sleep(90min, never);
  EXPECT_EQ(clock->now(), noon + 90min);
  EXPECT_EQ(clock->monotonic() - before, 90min);
}

TEST(FixedClock, ACancelledSleepDoesNotMoveIt) {
  const auto clock = fixed_clock(noon);
  clock->sleep(1h, [] { return true; });
  EXPECT_EQ(clock->now(), noon);
}

TEST(FixedClock, NeverGoesBackWhenSeveralSleep) {
  const auto clock = fixed_clock(noon);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto last = clock->monotonic();
      for (int n = 0; n < 1000; ++n) {
        clock->sleep(1ms, never);
        EXPECT_GE(clock->monotonic(), last + 1ms);
        last = clock->monotonic();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(clock->now(), noon + 1s);
  EXPECT_LE(clock->now(), noon + 4s);
}

TEST(SystemClock, EndsACancelledSleep) {
  const auto clock = system_clock();
  int asked = 0;
  const auto before = clock->monotonic();
  clock->sleep(1h, [&] { return ++asked == 3; });
  EXPECT_EQ(asked, 3);
  EXPECT_LT(clock->monotonic() - before, 1min);
}

TEST(SystemClock, SleepsAtLeastAsLongAsAsked) {
  const auto clock = system_clock();
  const auto before = clock->monotonic();
  clock->sleep(20ms, never);
  EXPECT_GE(clock->monotonic() - before, 20ms);
}

}  // namespace
}  // namespace tapster::host
