#include <gtest/gtest.h>

#include <set>
#include <tapster/rate_limit.hpp>
#include <tapster/testing/fake_host.hpp>
#include <thread>

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Micros = std::chrono::microseconds;

class RateLimit : public testing::Test {
 protected:
  // Starts `count` requests, `interval` apart.
  void acquire(int count, Micros interval) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(limiter_.acquire());
      fake_.advance(interval);
    }
  }

  FakeHost fake_;
  RateLimiter limiter_{fake_.host()};
};

TEST_F(RateLimit, ThereIsNoLimitAtFirst) {
  acquire(1000, 0s);
  EXPECT_EQ(limiter_.interval(), 0us);
  EXPECT_TRUE(fake_.sleeps().empty());
}

TEST_F(RateLimit, ARejectionPausesAndHalvesTheRate) {
  acquire(40, 100ms);  // ten a second
  limiter_.limited(7s);
  EXPECT_EQ(limiter_.interval(), 200ms);
  ASSERT_TRUE(limiter_.acquire());
  ASSERT_TRUE(limiter_.acquire());
  ASSERT_TRUE(limiter_.acquire());
  EXPECT_EQ(fake_.sleeps(), (std::vector<Micros>{7s, 200ms, 200ms}));
}

TEST_F(RateLimit, TheRateIsThatOfTheLastSeconds) {
  acquire(10, 100ms);
  fake_.advance(1h);
  acquire(50, 100ms);
  limiter_.limited(1s);
  EXPECT_EQ(limiter_.interval(), 200ms);
}

TEST_F(RateLimit, RejectionsOfConcurrentRequestsCountOnce) {
  acquire(40, 100ms);
  for (int i = 0; i < 8; ++i) {
    limiter_.limited(300ms);
    fake_.advance(10ms);
  }
  EXPECT_EQ(limiter_.interval(), 200ms);
  ASSERT_TRUE(limiter_.acquire());
  EXPECT_EQ(fake_.sleeps(), std::vector<Micros>{290ms}) << "the pause of the last rejection";
}

TEST_F(RateLimit, ARejectionAfterThePauseHalvesTheRateAgain) {
  acquire(40, 100ms);
  limiter_.limited(2s);
  acquire(40, 0s);
  limiter_.limited(2s);
  EXPECT_EQ(limiter_.interval(), 400ms);
}

TEST_F(RateLimit, TheRateHasAMinimum) {
  for (int i = 0; i < 50; ++i) {
    acquire(1, 0s);
    limiter_.limited(1s);
    fake_.advance(1min);
  }
  EXPECT_EQ(limiter_.interval(), 10s);
}

TEST_F(RateLimit, EachSuccessRaisesTheRateUntilThereIsNoLimit) {
  acquire(40, 100ms);
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
  acquire(100, 0s);
  EXPECT_LE(fake_.sleeps().size(), slept + 1);
}

TEST_F(RateLimit, AFewSuccessesRaiseTheRateWithinTwentySeconds) {
  acquire(40, 100ms);
  limiter_.limited(1s);
  fake_.advance(1s);
  for (int i = 0; i < 19; ++i) {
    fake_.advance(1s);
    limiter_.succeeded();
  }
  EXPECT_GT(limiter_.interval(), 100ms);
  fake_.advance(1s);
  limiter_.succeeded();
  EXPECT_LE(limiter_.interval(), 100'001us);
}

// Some APIs reject requests whatever the rate is.
TEST_F(RateLimit, RejectionsThatDoNotDependOnTheRateDoNotStopTheReading) {
  const auto began = fake_.monotonic();
  for (int i = 1; i <= 340; ++i) {
    acquire(1, 50ms);
    i % 17 == 0 ? limiter_.limited(1s) : limiter_.succeeded();
  }
  // 20 pauses of a second, and less than a second for each other request.
  EXPECT_LT(fake_.monotonic() - began, 20s + 340s);
}

TEST_F(RateLimit, ACancelEndsTheWait) {
  limiter_.limited(10min);
  fake_.cancel_in_sleep();
  const auto moment = limiter_.acquire();
  ASSERT_FALSE(moment);
  EXPECT_EQ(moment.error().status, Status::cancelled);
  EXPECT_EQ(fake_.monotonic(), 0us);
}

TEST_F(RateLimit, NoRequestStartsAfterACancel) {
  fake_.cancel();
  EXPECT_FALSE(limiter_.acquire());
}

TEST_F(RateLimit, APauseExtendsAWaitThatHasStarted) {
  // A sleep during which another request is rejected, once.
  struct Rejecting {
    FakeHost fake;
    RateLimiter* limiter = nullptr;
    int rejections = 1;
    tapster_host table = *fake.table();
  } rejecting;
  rejecting.table.context = &rejecting;
  rejecting.table.monotonic = [](void* self) -> int64_t {
    return static_cast<Rejecting*>(self)->fake.monotonic().count();
  };
  rejecting.table.cancelled = [](void*) { return 0; };
  rejecting.table.start_request = [](void*) -> tapster_status { return TAPSTER_OK; };
  rejecting.table.sleep = [](void* self, int64_t micros) -> tapster_status {
    auto& context = *static_cast<Rejecting*>(self);
    if (context.rejections-- > 0) context.limiter->limited(1min);
    context.fake.advance(Micros(micros));
    return TAPSTER_OK;
  };
  RateLimiter limiter{Host(&rejecting.table)};
  rejecting.limiter = &limiter;
  limiter.limited(2s);
  ASSERT_TRUE(limiter.acquire());
  EXPECT_EQ(rejecting.fake.monotonic(), 1min);
}

// ---- The user's own limit

TEST_F(RateLimit, TheUsersLimitIsThatOfAllLimitersOfASource) {
  fake_.limit_requests(250ms);
  RateLimiter other{fake_.host()};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(limiter_.acquire());
    ASSERT_TRUE(other.acquire());
  }
  EXPECT_EQ(fake_.request_starts(), (std::vector<Micros>{0ms, 250ms, 500ms, 750ms}));
}

TEST_F(RateLimit, TheSlowerOfTheTwoLimitsApplies) {
  fake_.limit_requests(100ms);
  acquire(40, 0s);  // ten a second
  EXPECT_EQ(fake_.monotonic(), 3900ms);
  limiter_.limited(1s);
  ASSERT_EQ(limiter_.interval(), 194'999us) << "half of 40 in 3.9 seconds";
  acquire(2, 0s);
  EXPECT_EQ(fake_.monotonic(), 4900ms + limiter_.interval());
  fake_.limit_requests(500ms);
  acquire(2, 0s);
  EXPECT_EQ(fake_.monotonic(), 4900ms + limiter_.interval() + 1s);
}

TEST_F(RateLimit, AShortPauseDoesNotShortenTheUsersInterval) {
  fake_.limit_requests(10s);
  acquire(1, 0s);
  limiter_.pause(1s);
  acquire(1, 0s);
  EXPECT_EQ(fake_.request_starts(), (std::vector<Micros>{0s, 10s}));
}

TEST_F(RateLimit, AHostOfVersion10HasNoLimitOfTheUser) {
  fake_.limit_requests(10s);
  fake_.become_old();
  acquire(3, 0s);
  EXPECT_EQ(fake_.monotonic(), 0us);
}

TEST_F(RateLimit, ACancelEndsTheWaitForTheUsersLimit) {
  fake_.limit_requests(10min);
  acquire(1, 0s);
  fake_.cancel_in_sleep();
  const auto moment = limiter_.acquire();
  ASSERT_FALSE(moment);
  EXPECT_EQ(moment.error().status, Status::cancelled);
  EXPECT_EQ(fake_.monotonic(), 0us);
}

TEST_F(RateLimit, APauseExtendsAWaitForTheUsersLimit) {
  static RateLimiter* limiter = nullptr;
  static int starts = 0;
  auto table = *fake_.table();
  table.start_request = [](void*) -> tapster_status {
    if (++starts == 1) limiter->limited(1min);
    return TAPSTER_OK;
  };
  RateLimiter paused{Host(&table)};
  limiter = &paused;
  ASSERT_TRUE(paused.acquire());
  EXPECT_EQ(fake_.monotonic(), 1min);
  EXPECT_EQ(starts, 2);
}

// Here each thread has its own clock, so that it sees only its own start time.
TEST(RateLimitOfManyThreads, GivesEachThreadItsOwnStartTime) {
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
