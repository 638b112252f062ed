#include "eastern.hpp"

#include <gtest/gtest.h>

namespace postmark {
namespace {

using namespace tapster;

Time at(std::string_view text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}

// "fromdate..todate" of a window.
std::string filters(std::string_view from, std::string_view to) {
  const auto range = wall_range({at(from), at(to)});
  return range.from + ".." + range.to;
}

std::string written(bool (*convert)(std::string_view, std::string&), std::string_view text) {
  std::string out;
  return convert(text, out) ? out : "rejected";
}

TEST(WallRange, IsEasternTimeInWinterAndSummer) {
  EXPECT_EQ(filters("2026-01-15T05:00:00Z", "2026-01-16T05:00:00Z"),
            "2026-01-15T00:00:00..2026-01-16T00:00:00");
  EXPECT_EQ(filters("2026-07-15T04:00:00Z", "2026-07-16T04:00:00Z"),
            "2026-07-15T00:00:00..2026-07-16T00:00:00");
}

TEST(WallRange, IsRoundedOutToFullSeconds) {
  EXPECT_EQ(filters("2026-01-15T05:00:00.9Z", "2026-01-15T05:00:01.000001Z"),
            "2026-01-15T00:00:00..2026-01-15T00:00:02");
}

// In 2026 clocks go back on November 1 at 06:00Z. The hour from 01:00 is repeated: it is 05:00Z to 06:00Z,
// and again 06:00Z to 07:00Z.
TEST(WallRange, ABoundInTheRepeatedHourIsMovedOutOfIt) {
  EXPECT_EQ(filters("2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z"),
            "2026-11-01T00:30:00..2026-11-01T02:00:00");
  EXPECT_EQ(filters("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"),
            "2026-11-01T00:59:59..2026-11-01T02:00:00");
  EXPECT_EQ(filters("2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"),
            "2026-11-01T00:59:59..2026-11-01T02:30:00");
}

TEST(WallRange, IsExactNextToTheRepeatedHour) {
  EXPECT_EQ(filters("2026-11-01T04:59:59Z", "2026-11-01T07:00:00Z"),
            "2026-11-01T00:59:59..2026-11-01T02:00:00");
  EXPECT_EQ(filters("2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z"),
            "2026-11-01T02:00:00..2026-11-01T03:00:00");
}

TEST(WallRange, ShowsTheRowsOfBothInterpretations) {
  const auto shown = [](const char* from, const char* to) {
    const auto window = shown_by({from, to});
    return format_time(window.from) + ".." + format_time(window.to);
  };
  EXPECT_EQ(shown("2026-07-15T12:00:00", "2026-07-15T12:00:01"),
            "2026-07-15T16:00:00Z..2026-07-15T16:00:02Z");
  EXPECT_EQ(shown("2026-11-01T00:59:59", "2026-11-01T01:30:00"),
            "2026-11-01T04:59:59Z..2026-11-01T06:30:01Z");
}

TEST(WallRange, KnowsTheRepeatedHour) {
  EXPECT_FALSE(is_repeated(at("2026-11-01T04:59:59Z")));
  EXPECT_TRUE(is_repeated(at("2026-11-01T05:00:00Z")));
  EXPECT_TRUE(is_repeated(at("2026-11-01T06:59:59Z")));
  EXPECT_FALSE(is_repeated(at("2026-11-01T07:00:00Z")));
}

TEST(WallRange, HasThreePossibleEndsInTheRepeatedHour) {
  using Texts = std::array<std::string, 3>;
  EXPECT_EQ(todates_of_repeated(at("2026-11-01T05:30:00Z")),
            (Texts{"2026-11-01T01:30:00", "2026-11-01T01:29:59", "2026-11-01T01:00:00"}));
  EXPECT_EQ(todates_of_repeated(at("2026-11-01T06:00:00Z")),
            (Texts{"2026-11-01T01:00:00", "2026-11-01T01:59:59", "2026-11-01T01:00:00"}));
}

TEST(WallRange, AcrossTheSkippedHour) {
  EXPECT_EQ(filters("2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z"),
            "2026-03-08T01:59:59..2026-03-08T03:00:00");
}

TEST(Columns, SeventhDigit) {
  EXPECT_EQ(written(seventh_digit, "2026-01-15T23:59:59.1234567Z"), "7");
  EXPECT_EQ(written(seventh_digit, "2026-01-15T23:59:59.123456Z"), "0");
  EXPECT_EQ(written(seventh_digit, "2026-01-15T23:59:59Z"), "0");
  EXPECT_EQ(written(seventh_digit, "1969-12-31T23:59:59.9999999Z"), "9");
}

TEST(Columns, DayNumber) {
  EXPECT_EQ(written(day_number, "2026-01-31"), "20260131");
  EXPECT_EQ(written(day_number, "2026-01-31T00:00:00"), "20260131");
  EXPECT_EQ(written(day_number, "0012-01-31"), "120131") << "JSON does not allow leading zeros";
  EXPECT_EQ(written(day_number, ""), "rejected");
}

}  // namespace
}  // namespace postmark
