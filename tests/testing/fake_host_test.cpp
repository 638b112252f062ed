#include <gtest/gtest.h>

#include <tapster/testing/fake_host.hpp>

namespace tapster {
namespace {

using namespace std::chrono_literals;

TEST(FakeHost, TimeAdvancesInSleepsOnly) {
  FakeHost fake;
  const auto host = fake.host();
  EXPECT_EQ(host.now(), *parse_time("2026-01-31T00:00:00Z"));
  ASSERT_TRUE(host.sleep(90s));
  EXPECT_EQ(host.now(), *parse_time("2026-01-31T00:01:30Z"));
  EXPECT_EQ(host.monotonic(), 90s);
  fake.set_now(*parse_time("2026-05-01T00:00:00Z"));
  EXPECT_EQ(host.now(), *parse_time("2026-05-01T00:00:00Z"));
  EXPECT_EQ(host.monotonic(), 90s) << "a clock that is set moves no interval";
  EXPECT_EQ(fake.sleeps(), std::vector<FakeHost::Micros>{90s});
}

TEST(FakeHost, TimeCanStandStill) {
  FakeHost fake;
  fake.advance(5s);
  fake.hold_now(*parse_time("2026-05-01T00:00:00Z"));
  ASSERT_TRUE(fake.host().sleep(90s));
  EXPECT_EQ(fake.now(), *parse_time("2026-05-01T00:00:00Z"));
  EXPECT_EQ(fake.monotonic(), 95s);
  fake.set_now(*parse_time("2026-05-02T00:00:00Z"));
  fake.advance(1s);
  EXPECT_EQ(fake.now(), *parse_time("2026-05-02T00:00:01Z"));
}

TEST(FakeHost, ACancelEndsSleeps) {
  FakeHost fake;
  fake.cancel_in_sleep();
  EXPECT_FALSE(fake.host().is_cancelled());
  EXPECT_EQ(fake.host().sleep(1s).error().status, Status::cancelled);
  EXPECT_TRUE(fake.host().is_cancelled());
  EXPECT_EQ(fake.monotonic(), 0s);
}

TEST(FakeHost, KeepsWhatAConnectorGivesIt) {
  FakeHost fake;
  const auto host = fake.host();
  host.debug("a detail");
  host.warning("a warning");
  host.count("pages", 2);
  host.count("pages");
  host.secret("a token");
  ASSERT_TRUE(host.store("refresh_token", "first"));
  ASSERT_TRUE(host.store("refresh_token", "second"));
  ASSERT_EQ(fake.logs(TAPSTER_LOG_WARNING).size(), 1U);
  EXPECT_EQ(fake.logs(TAPSTER_LOG_WARNING)[0].message, "a warning");
  EXPECT_EQ(fake.logs().size(), 2U);
  EXPECT_EQ(fake.counter("pages"), 3);
  EXPECT_EQ(fake.secrets(), std::vector<std::string>{"a token"});
  EXPECT_EQ(fake.stored("refresh_token"), "second");
  EXPECT_EQ(fake.stored("token"), "");
}

TEST(FakeHost, CanRefuseToStore) {
  FakeHost fake;
  fake.fail_stores_after(1);
  ASSERT_TRUE(fake.host().store("refresh_token", "first"));
  const auto refused = fake.host().store("refresh_token", "second");
  EXPECT_EQ(refused.error().status, Status::config);
  EXPECT_EQ(refused.error().message, "refresh_token cannot be kept");
  EXPECT_EQ(fake.stored("refresh_token"), "first");
}

}  // namespace
}  // namespace tapster
