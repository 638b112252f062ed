#include <gtest/gtest.h>

#include <tapster/mail_time.hpp>

namespace tapster {
namespace {

std::string utc(std::string_view text) {
  const auto time = parse_mail_time(text);
  return time ? format_time(std::chrono::floor<std::chrono::microseconds>(*time)) : "no time";
}

TEST(ParseMailTime, ConvertsAnyOffsetToUtc) {
  EXPECT_EQ(utc("Fri, 14 Mar 2014 11:49:51 -0400"), "2014-03-14T15:49:51Z");
  EXPECT_EQ(utc("Thu, 05 Apr 2012 16:59:01 +0200"), "2012-04-05T14:59:01Z");
  EXPECT_EQ(utc("Sat, 01 Mar 2014 00:10:00 +0545"), "2014-02-28T18:25:00Z");
  EXPECT_EQ(utc("Sat, 01 Mar 2014 00:10:00 -0000"), "2014-03-01T00:10:00Z");
}

TEST(ParseMailTime, TheDayNameAndTheSecondsAreOptional) {
  EXPECT_EQ(utc("14 Mar 2014 11:49:51 +0000"), "2014-03-14T11:49:51Z");
  EXPECT_EQ(utc("Fri, 14 Mar 2014 11:49 +0000"), "2014-03-14T11:49:00Z");
}

TEST(ParseMailTime, ADayAndAnHourMayHaveOneDigit) {
  EXPECT_EQ(utc("Sun, 2 Mar 2014 9:05:00 +0000"), "2014-03-02T09:05:00Z");
}

TEST(ParseMailTime, IgnoresCase) {
  EXPECT_EQ(utc("fri, 14 mar 2014 11:49:51 gmt"), "2014-03-14T11:49:51Z");
  EXPECT_EQ(utc("FRI, 14 MAR 2014 11:49:51 GMT"), "2014-03-14T11:49:51Z");
}

TEST(ParseMailTime, KnowsTheObsoleteZoneNames) {
  for (const auto* zone : {"UT", "UTC", "GMT", "Z"})
    EXPECT_EQ(utc(std::string("14 Mar 2014 11:49:51 ") + zone), "2014-03-14T11:49:51Z") << zone;
  const std::pair<const char*, const char*> american[] = {{"EDT", "15"}, {"EST", "16"}, {"CDT", "16"},
                                                          {"CST", "17"}, {"MDT", "17"}, {"MST", "18"},
                                                          {"PDT", "18"}, {"PST", "19"}};
  for (const auto& [zone, hour] : american)
    EXPECT_EQ(utc(std::string("14 Mar 2014 11:49:51 ") + zone), std::string("2014-03-14T") + hour + ":49:51Z")
        << zone;
}

// https://www.rfc-editor.org/rfc/rfc5322#section-4.3
TEST(ParseMailTime, CompletesShortYears) {
  EXPECT_EQ(utc("Fri, 21 Nov 97 09:55:06 -0600"), "1997-11-21T15:55:06Z");
  EXPECT_EQ(utc("21 Nov 49 09:55:06 GMT"), "2049-11-21T09:55:06Z");
  EXPECT_EQ(utc("21 Nov 50 09:55:06 GMT"), "1950-11-21T09:55:06Z");
  EXPECT_EQ(utc("21 Nov 114 09:55:06 GMT"), "2014-11-21T09:55:06Z");
}

TEST(ParseMailTime, SkipsCommentsAndWhiteSpace) {
  EXPECT_EQ(utc("Fri, 14 Mar 2014 11:49:51 +0000 (UTC)"), "2014-03-14T11:49:51Z");
  EXPECT_EQ(utc("  Fri, 14 Mar\r\n\t2014   11:49:51 +0000  "), "2014-03-14T11:49:51Z");
  EXPECT_EQ(utc("Fri(a (nested \\) one)), 14 Mar 2014 11 : 49(:) : 51 -0400 (Eastern)(time)"),
            "2014-03-14T15:49:51Z");
  EXPECT_EQ(utc("Fri,14 Mar 2014 11:49:51 +0000"), "2014-03-14T11:49:51Z");
}

TEST(ParseMailTime, TheDayNameNeedNotMatchTheDate) {
  EXPECT_EQ(utc("Mon, 14 Mar 2014 11:49:51 +0000"), "2014-03-14T11:49:51Z");
}

TEST(ParseMailTime, ALeapSecondIsTheNextSecond) {
  EXPECT_EQ(utc("Sat, 31 Dec 2016 23:59:60 +0000"), "2017-01-01T00:00:00Z");
}

TEST(ParseMailTime, RejectsOtherTexts) {
  for (const auto* text : {"",
                           " ",
                           "yesterday",
                           "2014-03-14T11:49:51Z",
                           "Fri, 14 Mar 2014",
                           "Fri, 14 Mar 2014 11:49:51",
                           "Fri, 14 Mar 2014 11:49:51 CET",
                           "Fri, 14 Mar 2014 11:49:51 A",
                           "Fri, 14 Mar 2014 11:49:51 +000",
                           "Fri, 14 Mar 2014 11:49:51 +00:00",
                           "Fri, 14 Mar 2014 11:49:51 +0060",
                           "Fri, 14 Mar 2014 11:49:51 +2400",
                           "Fri, 14 Mar 2014 11:49:51 +0000 x",
                           "Fri, 14 Mar 2014 11:49:51 +0000 (UTC",
                           "Fri, 14 Mar 2014 11:49:51 +0000 UTC)",
                           "Fri, 14 Mar 2014 11:49:51 +0000 )",
                           "Fri, 14 Mar 2014 11:49:51.5 +0000",
                           "Fri, 14 Mar 2014 11:49: +0000",
                           "Fri, 14 Mar 2014 24:00:00 +0000",
                           "Fri, 14 Mar 2014 11:60:00 +0000",
                           "Fri, 14 Mar 2014 11:49:61 +0000",
                           "Fri, 30 Feb 2014 11:49:51 +0000",
                           "Fri, 0 Mar 2014 11:49:51 +0000",
                           "Fri, 14 Mxr 2014 11:49:51 +0000",
                           "Fri, 14 March 2014 11:49:51 +0000",
                           "Fri, 14 Mar 4 11:49:51 +0000",
                           "Fri, 14 Mar 0001 11:49:51 +0000",
                           "Fri, 14 Mar 9999 11:49:51 +0000",
                           "Fri, 14 Mar 20140 11:49:51 +0000",
                           "Fri 14 Mar 2014 11:49:51 +0000",
                           "Xyz, 14 Mar 2014 11:49:51 +0000",
                           "Fri, 99999999999999999999 Mar 2014 11:49:51 +0000"}) {
    EXPECT_EQ(utc(text), "no time") << text;
  }
}

}  // namespace
}  // namespace tapster
