#include <gtest/gtest.h>

#include <set>
#include <tapster/rate_limit.hpp>
#include <thread>

#include "fake_host.hpp"

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Micros = std::chrono::microseconds;

class RateLimit : public testing::Test {
 protected:
  // Asks `count` times, `apart` from one another.
  void ask(int count, Micros apart) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(limiter_.acquire());
      fake_.advance(apart);
    }
  }

  FakeHost fake_;
  RateLimiter limiter_{fake_.host()};
};

TEST_F(RateLimit, ThereIsNoneAtFirst) {
  ask(1000, 0s);
  EXPECT_EQ(limiter_.interval(), 0us);
  EXPECT_TRUE(fake_.sleeps().empty());
}

TEST_F(RateLimit, ARefusalPausesAndHalvesThePace) {
  ask(40, 100ms);  // ten a second
  limiter_.limited(7s);
  EXPECT_EQ(limiter_.interval(), 200ms);
  ASSERT_TRUE(limiter_.acquire());
  ASSERT_TRUE(limiter_.acquire());
  ASSERT_TRUE(limiter_.acquire());
  EXPECT_EQ(fake_.sleeps(), (std::vector<Micros>{7s, 200ms, 200ms}));
}

TEST_F(RateLimit, ThePaceIsThatOfTheLastSeconds) {
  ask(10, 100ms);
  fake_.advance(1h);
  ask(50, 100ms);
  limiter_.limited(1s);
  EXPECT_EQ(limiter_.interval(), 200ms);
}

TEST_F(RateLimit, RefusalsOfRequestsUnderWayTogetherAreOneLesson) {
  ask(40, 100ms);
  for (int i = 0; i < 8; ++i) {
    limiter_.limited(300ms);
    fake_.advance(10ms);
  }
  EXPECT_EQ(limiter_.interval(), 200ms);
  ASSERT_TRUE(limiter_.acquire());
  EXPECT_EQ(fake_.sleeps(), std::vector<Micros>{290ms}) << "the pause of the last refusal";
}

TEST_F(RateLimit, ARefusalAfterThePauseHalvesThePaceAgain) {
  ask(40, 100ms);
  limiter_.limited(2s);
  ask(40, 0s);
  limiter_.limited(2s);
  EXPECT_EQ(limiter_.interval(), 400ms);
}

TEST_F(RateLimit, ItNeverStopsAltogether) {
  for (int i = 0; i < 50; ++i) {
    ask(1, 0s);
    limiter_.limited(1s);
    fake_.advance(1min);
  }
  EXPECT_EQ(limiter_.interval(), 10s);
}

TEST_F(RateLimit, EachSuccessMakesThePaceALittleFasterUntilThereIsNoLimit) {
  ask(40, 100ms);
  limiter_.limited(1s);
  int successes = 0;
  int until_refused_pace = 0;
  while (limiter_.interval() > 0us) {
    const auto before = limiter_.interval();
    limiter_.succeeded();
    ++successes;
    ASSERT_LT(limiter_.interval(), before);
    if (limiter_.interval() > 100ms) until_refused_pace = successes;
    ASSERT_LT(successes, 1000);
  }
  EXPECT_NEAR(until_refused_pace, 128, 1);
  EXPECT_NEAR(successes, 3 * 128, 1);
  const auto slept = fake_.sleeps().size();
  ask(100, 0s);
  EXPECT_LE(fake_.sleeps().size(), slept + 1);
}

TEST_F(RateLimit, ACancelEndsTheWait) {
  limiter_.limited(10min);
  fake_.cancel_in_sleep();
  const auto moment = limiter_.acquire();
  ASSERT_FALSE(moment);
  EXPECT_EQ(moment.error().status, Status::cancelled);
  EXPECT_EQ(fake_.monotonic(), 0us);
}

TEST_F(RateLimit, NobodyBeginsOnceCancelled) {
  fake_.cancel();
  EXPECT_FALSE(limiter_.acquire());
}

TEST_F(RateLimit, APauseThatBeginsDuringAWaitHoldsForThatWaitToo) {
  // A sleep during which somebody else is refused, once.
  struct Refusing {
    FakeHost fake;
    RateLimiter* limiter = nullptr;
    int refusals = 1;
    tapster_host table = *fake.table();
  } refusing;
  refusing.table.context = &refusing;
  refusing.table.monotonic = [](void* self) -> int64_t {
    return static_cast<Refusing*>(self)->fake.monotonic().count();
  };
  refusing.table.cancelled = [](void*) { return 0; };
  refusing.table.sleep = [](void* self, int64_t micros) -> tapster_status {
    auto& context = *static_cast<Refusing*>(self);
    if (context.refusals-- > 0) context.limiter->limited(1min);
    context.fake.advance(Micros(micros));
    return TAPSTER_OK;
  };
  RateLimiter limiter{Host(&refusing.table)};
  refusing.limiter = &limiter;
  limiter.limited(2s);
  ASSERT_TRUE(limiter.acquire());
  EXPECT_EQ(refusing.fake.monotonic(), 1min);
}

// Each sleeper has a time of its own here, so that every thread sees just the moment it was given.
TEST(RateLimitOfManyThreads, GivesEachItsOwnMoment) {
  thread_local Micros slept{0};
  FakeHost fake;
  auto table = *fake.table();
  table.sleep = [](void*, int64_t micros) -> tapster_status {
    slept += Micros(micros);
    return TAPSTER_OK;
  };
  RateLimiter limiter{Host(&table)};
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(limiter.acquire());
  limiter.limited(3s);
  const auto interval = limiter.interval();
  ASSERT_EQ(interval, 200ms);

  constexpr int threads = 8;
  constexpr int each = 25;
  std::mutex mutex;
  std::multiset<Micros> moments;
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (int n = 0; n < each; ++n) {
        slept = 0us;
        ASSERT_TRUE(limiter.acquire());
        const std::lock_guard lock(mutex);
        moments.insert(slept);
      }
    });
  }
  for (auto& worker : workers) worker.join();
  ASSERT_EQ(moments.size(), size_t{threads * each});
  Micros expected = 3s;
  for (const auto moment : moments) {
    EXPECT_EQ(moment, expected);
    expected += interval;
  }
}

}  // namespace
}  // namespace tapster
