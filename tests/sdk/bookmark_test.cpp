#include <gtest/gtest.h>

#include <tapster/bookmark.hpp>

namespace tapster {
namespace {

constexpr BookmarkName whole{"received_at"};
constexpr BookmarkName outbound{"received_at", "message_streams", "outbound"};

Time at(std::string_view text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}
json::object object(std::string_view text) {
  return *parse_json_object(text, "state");
}

std::string advanced(std::string_view state, BookmarkName name, std::string_view from, std::string_view to) {
  const auto next = advance(object(state), name, at("2026-01-01T00:00:00Z"), Window{at(from), at(to)});
  return next ? json::serialize(*next) : next.error().message;
}

TEST(Bookmark, IsAbsentBeforeTheFirstRead) {
  EXPECT_EQ(*time_bookmark({}, whole), std::nullopt);
  EXPECT_EQ(*time_bookmark({}, outbound), std::nullopt);
  EXPECT_EQ(*day_bookmark({}, {"date"}), std::nullopt);
}

TEST(Bookmark, APartWithoutABookmarkUsesThatOfTheStream) {
  const auto state =
      object(R"({"received_at":"2026-01-01T00:00:00Z","message_streams":{"news":"2026-02-01T00:00:00Z"}})");
  EXPECT_EQ(*time_bookmark(state, outbound), at("2026-01-01T00:00:00Z"));
  EXPECT_EQ(*time_bookmark(state, {"received_at", "message_streams", "news"}), at("2026-02-01T00:00:00Z"));
}

TEST(Bookmark, AnInvalidTimeIsAnErrorThatNamesTheMember) {
  for (const auto* text : {R"({"received_at":7})", R"({"received_at":"yesterday"})",
                           R"({"received_at":null})", R"({"received_at":"2026-01-01"})"}) {
    const auto bookmark = time_bookmark(object(text), whole);
    ASSERT_FALSE(bookmark) << text;
    EXPECT_EQ(bookmark.error().status, Status::state);
    EXPECT_NE(bookmark.error().message.find("received_at"), std::string::npos);
  }
  const auto part = time_bookmark(object(R"({"message_streams":{"outbound":1}})"), outbound);
  ASSERT_FALSE(part);
  EXPECT_NE(part.error().message.find("message_streams.outbound"), std::string::npos);
  EXPECT_FALSE(time_bookmark(object(R"({"message_streams":[]})"), outbound));
  EXPECT_FALSE(day_bookmark(object(R"({"date":"2026-02-30"})"), {"date"}));
  EXPECT_FALSE(day_bookmark(object(R"({"date":"1677-12-31"})"), {"date"}));
}

TEST(Advance, TheFirstWindowSetsTheBookmark) {
  EXPECT_EQ(advanced("{}", whole, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            R"({"received_at":"2026-01-02T00:00:00Z"})");
  EXPECT_EQ(advanced("{}", outbound, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            R"({"message_streams":{"outbound":"2026-01-02T00:00:00Z"}})");
}

TEST(Advance, AWindowThatDoesNotSpanTheStartSetsNoBookmark) {
  EXPECT_EQ(advanced("{}", whole, "2026-01-01T00:00:01Z", "2026-01-02T00:00:00Z"), "{}");
  EXPECT_EQ(advanced("{}", outbound, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"), "{}");
  EXPECT_EQ(advanced("{}", whole, "2025-12-01T00:00:00Z", "2025-12-02T00:00:00Z"), "{}")
      << "the window ends before the start";
  EXPECT_EQ(advanced("{}", whole, "2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"),
            R"({"received_at":"2026-01-02T00:00:00Z"})");
  const auto none =
      advance({}, {"date"}, *parse_day("2026-01-03"), *parse_day("2026-01-04"), *parse_day("2026-01-09"));
  EXPECT_EQ(json::serialize(*none), "{}");
}

TEST(Advance, NeverGoesBack) {
  const auto* state = R"({"received_at":"2026-01-02T00:00:00Z"})";
  EXPECT_EQ(advanced(state, whole, "2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z"), state);
  EXPECT_EQ(advanced(state, whole, "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"),
            R"({"received_at":"2026-01-03T00:00:00Z"})");
}

TEST(Advance, DoesNotSkipAGap) {
  const auto* state = R"({"received_at":"2026-01-02T00:00:00Z"})";
  EXPECT_EQ(advanced(state, whole, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"), state);
}

TEST(Advance, ChangesOnlyTheBookmarkOfThePart) {
  EXPECT_EQ(
      advanced(R"({"note":[1],"message_streams":{"news":"2026-02-01T00:00:00Z"}})", outbound,
               "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
      R"({"note":[1],"message_streams":{"news":"2026-02-01T00:00:00Z","outbound":"2026-01-02T00:00:00Z"}})");
}

TEST(Advance, ADayBookmarkIsTheLastDayRead) {
  const auto next = advance(object(R"({"date":"2026-01-05"})"), {"date"}, *parse_day("2025-12-01"),
                            *parse_day("2026-01-03"), *parse_day("2026-01-09"));
  EXPECT_EQ(json::serialize(*next), R"({"date":"2026-01-09"})");
}

TEST(Bounds, UntilIncludesTheWholeDay) {
  const auto zone = *Zone::find("America/New_York");
  EXPECT_EQ(**parse_since("2026-11-01", zone), at("2026-11-01T04:00:00Z"));
  EXPECT_EQ(**parse_until("2026-11-01", zone), at("2026-11-02T05:00:00Z"));
  EXPECT_EQ(**parse_until("2026-11-01T00:00:00Z", zone), at("2026-11-01T00:00:00Z"));
  EXPECT_EQ(*parse_since("", zone), std::nullopt);
  EXPECT_FALSE(parse_since("last week", zone));
  for (const auto* text : {"0001-01-01", "1677-12-31", "2262-01-01", "9999-12-31T12:00:00Z"}) {
    const auto since = parse_since(text, zone);
    ASSERT_FALSE(since) << text;
    EXPECT_EQ(since.error().message, std::string("\"") + text + "\": the year must be between 1678 and 2261");
  }
  EXPECT_TRUE(parse_since("1678-01-01", zone));
}

}  // namespace
}  // namespace tapster
