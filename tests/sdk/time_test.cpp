#include <gtest/gtest.h>

#include <tapster/mail_time.hpp>
#include <tapster/time.hpp>

namespace tapster {
namespace {

using namespace std::chrono_literals;

std::string utc(std::string_view text) {
  const auto time = parse_time(text);
  if (!time) return "no time";
  std::string out;
  append_time(out, std::chrono::floor<std::chrono::microseconds>(*time));
  return out;
}

TEST(ParseTime, ConvertsAnyOffsetToUtc) {
  EXPECT_EQ(utc("2014-02-20T07:25:02Z"), "2014-02-20T07:25:02.000000Z");
  EXPECT_EQ(utc("2014-02-20T07:25:02-05:00"), "2014-02-20T12:25:02.000000Z");
  EXPECT_EQ(utc("2014-02-20T23:25:02-05:00"), "2014-02-21T04:25:02.000000Z");
  EXPECT_EQ(utc("2014-02-20T07:25:02+05:30"), "2014-02-20T01:55:02.000000Z");
}

TEST(ParseTime, TakesAnyNumberOfFractionalDigits) {
  EXPECT_EQ(utc("2014-02-20T07:25:02.8Z"), "2014-02-20T07:25:02.800000Z");
  EXPECT_EQ(utc("2014-02-20T07:25:02.878271Z"), "2014-02-20T07:25:02.878271Z");
  EXPECT_EQ(utc("2014-02-20T07:25:02.8782715-05:00"), "2014-02-20T12:25:02.878271Z");
  EXPECT_EQ(utc("2014-02-20T07:25:02.99999999999Z"), "2014-02-20T07:25:02.999999Z");
}

TEST(ParseTime, KeepsTheSeventhDigit) {
  EXPECT_EQ(*parse_time("2014-02-20T07:25:02.8782715Z") - *parse_time("2014-02-20T07:25:02.8782714Z"), 100ns);
}

TEST(ParseTime, RoundsDownBeforeTheEpoch) {
  EXPECT_EQ(utc("1969-12-31T23:59:59.9999999Z"), "1969-12-31T23:59:59.999999Z");
}

TEST(ParseTime, RejectsOtherTexts) {
  for (const auto* text :
       {"", "2014-02-20", "2014-02-20T07:25:02", "2014-02-30T07:25:02Z", "2014-13-01T00:00:00Z",
        "2014-02-20T24:00:00Z", "2014-02-20T07:60:00Z", "2014-02-20T07:25:61Z", "2014-02-20T07:25:02.Z",
        "2014-02-20T07:25:02Zx", "2014-02-20T07:25:02+0500", "20140220T072502Z", "0001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z", "2014-02-20T07:25:02+24:00", " 2014-02-20T07:25:02Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

std::string written(std::string_view text) {
  const auto time = parse_written_time(text);
  if (!time) return "no time";
  std::string out;
  append_time(out, Time(time->local.time_since_epoch()));
  return out + (time->offset ? " " + std::to_string(time->offset->count()) : "");
}

TEST(ParseWrittenTime, TakesEveryFormOfIso8601) {
  EXPECT_EQ(written("2026-01-31T12:00:00.5+01:00"), "2026-01-31T12:00:00.500000Z 60");
  EXPECT_EQ(written("2026-01-31T12:00:00+0130"), "2026-01-31T12:00:00.000000Z 90");
  EXPECT_EQ(written("2026-01-31T12:00:00-05"), "2026-01-31T12:00:00.000000Z -300");
  EXPECT_EQ(written("2026-01-31T12:00Z"), "2026-01-31T12:00:00.000000Z 0");
  EXPECT_EQ(written("2026-01-31 12:00"), "2026-01-31T12:00:00.000000Z");
  EXPECT_EQ(written("2026-01-31T12:00:00,25"), "2026-01-31T12:00:00.250000Z");
  EXPECT_EQ(written("20260131T120030Z"), "2026-01-31T12:00:30.000000Z 0");
  EXPECT_EQ(written("20260131T1200+0100"), "2026-01-31T12:00:00.000000Z 60");
  EXPECT_EQ(written("2026-01-31T24:00:00Z"), "2026-02-01T00:00:00.000000Z 0");
  EXPECT_EQ(written("0001-01-01T00:00:00"), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(written("9999-12-31T23:59:59.9999999Z"), "9999-12-31T23:59:59.999999Z 0");
}

TEST(ParseWrittenTime, RejectsOtherTexts) {
  for (const auto* text : {"", "2026-01-31", "2026-01-31T12", "2026-01-31T24:00:01", "2026-02-30T12:00",
                           "2026-01-31T12:00:00.", "2026-01-31T12:00:00+1", "2026-01-31T12:00:00+25:00",
                           "2026-01-31T12:00:00+01:", "2026-01-31T12:00:00Zx", "0000-01-01T00:00:00",
                           "2026-0131T12:00", "20260131T12:00", "12026-01-31T12:00:00", "2026-01-31T12:60"}) {
    EXPECT_FALSE(parse_written_time(text)) << text;
  }
}

TEST(ParseDay, RejectsDaysThatDoNotExist) {
  EXPECT_EQ(format_day(*parse_day("2024-02-29")), "2024-02-29");
  for (const auto* text : {"", "2023-02-29", "2024-2-29", "2024-02-29 ", "2024-00-10", "2024-01-32"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
}

TEST(FormatTime, OmitsAFractionOfZero) {
  EXPECT_EQ(format_time(from_unix_micros(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(from_unix_micros(1)), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(format_time(from_unix_micros(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(ParseTime, AnOffsetCannotLeaveTheSupportedYears) {
  EXPECT_TRUE(parse_time("2261-12-31T23:59:59Z"));
  EXPECT_FALSE(parse_time("2261-12-31T23:59:59-00:01"));
  EXPECT_FALSE(parse_time("2261-12-31T23:59:60Z"));
  EXPECT_FALSE(parse_time("1678-01-01T00:00:00+00:01"));
  EXPECT_FALSE(parse_mail_time("31 Dec 2261 23:59:59 -0001"));
}

}  // namespace
}  // namespace tapster
