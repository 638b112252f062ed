#include <gtest/gtest.h>

#include <tapster/zone.hpp>

namespace tapster {
namespace {

using namespace std::chrono_literals;

Time at(std::string_view text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}

std::string wall(const Zone& zone, std::string_view text) {
  return format_time(Time(zone.to_local(at(text)).time_since_epoch()));
}

class EasternZone : public testing::Test {
 protected:
  Zone zone_ = *Zone::find("America/New_York");
};

TEST_F(EasternZone, KnowsStandardAndSummerTime) {
  EXPECT_EQ(wall(zone_, "2026-01-15T05:00:00Z"), "2026-01-15T00:00:00Z");
  EXPECT_EQ(wall(zone_, "2026-07-15T04:00:00Z"), "2026-07-15T00:00:00Z");
  EXPECT_EQ(format_day(zone_.day_of(at("2026-07-15T03:59:59Z"))), "2026-07-14");
}

TEST_F(EasternZone, ADayStartsAtItsOwnOffset) {
  EXPECT_EQ(format_time(zone_.start_of(*parse_day("2026-01-15"))), "2026-01-15T05:00:00Z");
  EXPECT_EQ(format_time(zone_.start_of(*parse_day("2026-07-15"))), "2026-07-15T04:00:00Z");
  // The day on which clocks go back has 25 hours.
  EXPECT_EQ(zone_.start_of(*parse_day("2026-11-02")) - zone_.start_of(*parse_day("2026-11-01")), 25h);
}

TEST_F(EasternZone, TheRepeatedHourHasTwoReadings) {
  const auto [first, second] = zone_.to_time(LocalTime(*parse_day("2026-11-01")) + 1h + 30min);
  EXPECT_EQ(format_time(first), "2026-11-01T05:30:00Z");
  EXPECT_EQ(format_time(second), "2026-11-01T06:30:00Z");
}

TEST_F(EasternZone, TheSkippedHourIsTheMomentOfTheChange) {
  const auto [first, second] = zone_.to_time(LocalTime(*parse_day("2026-03-08")) + 2h + 30min);
  EXPECT_EQ(format_time(first), "2026-03-08T07:00:00Z");
  EXPECT_EQ(first, second);
}

TEST(Zone, UtcIsNotShifted) {
  for (const auto& zone : {Zone::utc(), *Zone::find("UTC")}) {
    EXPECT_EQ(wall(zone, "2026-07-15T04:00:00Z"), "2026-07-15T04:00:00Z");
    EXPECT_EQ(format_time(zone.start_of(*parse_day("2026-07-15"))), "2026-07-15T00:00:00Z");
    const auto [earliest, latest] = zone.to_time(LocalTime(*parse_day("2026-03-08")) + 2h);
    EXPECT_EQ(format_time(earliest), "2026-03-08T02:00:00Z");
    EXPECT_EQ(earliest, latest);
  }
}

TEST(Zone, AnUnknownNameIsAnError) {
  const auto zone = Zone::find("America/Atlantis");
  ASSERT_FALSE(zone);
  EXPECT_NE(zone.error().message.find("tzdata"), std::string::npos);
}

}  // namespace
}  // namespace tapster
