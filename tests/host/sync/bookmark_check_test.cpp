#include "sync/bookmark_check.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

const Time now = std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-11-20T12:00:00Z"));

std::string flaw(std::string_view before, std::string_view after) {
  return bookmark_flaw(before, after, now);
}

TEST(BookmarkCheck, AMemberThatMovesBackIsAFlaw) {
  const std::string words = "moves the bookmark back: at from ";
  EXPECT_EQ(flaw(R"({"at":7})", R"({"at":6})"), words + "7 to 6");
  EXPECT_EQ(flaw(R"({"at":7.5})", R"({"at":7.25})"), words + "7.5E0 to 7.25E0");
  EXPECT_EQ(flaw(R"({"at":"2026-11-20"})", R"({"at":"2026-11-19"})"),
            words + R"("2026-11-20" to "2026-11-19")");
  // As times and not as texts.
  EXPECT_EQ(flaw(R"({"at":"2026-11-20T10:00:00Z"})", R"({"at":"2026-11-20T11:00:00+02:00"})"),
            words + R"("2026-11-20T10:00:00Z" to "2026-11-20T11:00:00+02:00")");
  EXPECT_EQ(flaw(R"({"servers":{"1":{"at":7}}})", R"({"servers":{"1":{"at":6}}})"),
            "moves the bookmark back: servers.1.at from 7 to 6");
}

TEST(BookmarkCheck, ATimeAheadOfTheClockIsAFlaw) {
  EXPECT_EQ(flaw("", R"({"at":"2026-11-23T12:00:00Z"})"),
            R"(puts the bookmark ahead of the clock: at is "2026-11-23T12:00:00Z")");
  EXPECT_EQ(flaw(R"({"at":"2026-11-01"})", R"({"at":"2027-01-01"})"),
            R"(puts the bookmark ahead of the clock: at is "2027-01-01")");
}

TEST(BookmarkCheck, LooksIntoDeepNesting) {
  const auto deep = [](std::string inner) {
    for (int i = 0; i < 50; ++i) inner = R"({"n":)" + inner + "}";
    return inner;
  };
  EXPECT_EQ(flaw(deep("6"), deep("7")), "");
  EXPECT_NE(flaw(deep("7"), deep("6")), "");
}

TEST(BookmarkCheck, WhatIsLegal) {
  const std::pair<std::string_view, std::string_view> all[] = {
      {"", R"({"at":"2026-11-20"})"},
      {R"({"at":"2026-11-20T10:00:00Z"})", R"({"at":"2026-11-20T11:00:00Z"})"},
      {R"({"at":"2026-11-20T11:00:00+02:00"})", R"({"at":"2026-11-20T10:00:00Z"})"},
      {R"({"at":"2026-11-20"})", R"({"at":"2026-11-22"})"},            // a day of another zone
      {R"({"at":"2030-01-01"})", R"({"at":"2030-01-01","other":1})"},  // of a clock that was wrong
      {R"({"token":"z9"})", R"({"token":"a1"})"},                      // opaque
      {R"({"open":[5,9]})", R"({"open":[3]})"},                        // an array
      {R"({"at":7,"gone":9})", R"({"at":8})"},                         // a partition that is gone
      {R"({"at":"2026-11-20"})", R"({"at":5})"},                       // another kind
      {R"({"servers":{"1":{"at":7}}})", R"({"servers":{"1":{"at":7},"2":{"at":1}}})"},
      {R"({"id":9007199254740993})", R"({"id":9007199254740994})"}};
  for (const auto& [before, after] : all) EXPECT_EQ(flaw(before, after), "") << after;
}

}  // namespace
}  // namespace tapster::host
