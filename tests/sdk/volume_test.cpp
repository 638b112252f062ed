#include <gtest/gtest.h>

#include <tapster/incremental.hpp>

namespace tapster {
namespace {

const Zone& eastern() {
  static const auto zone = *Zone::find("America/New_York");
  return zone;
}

Time at(std::string_view text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}

// "from..to" of each window.
std::vector<std::string> texts_of(const std::vector<Window>& windows) {
  std::vector<std::string> texts;
  for (const auto& window : windows)
    texts.push_back(format_time(window.from) + ".." + format_time(window.to));
  return texts;
}

std::vector<std::string> cut(std::string_view from, std::string_view to,
                             const std::vector<std::pair<std::string, int64_t>>& days) {
  Volume volume;
  for (const auto& [day, count] : days) volume[*parse_day(day)] = count;
  return texts_of(cut_by_volume({at(from), at(to)}, volume, 100, eastern()));
}

using Texts = std::vector<std::string>;

TEST(CutByVolume, IsOneWindowWithoutRows) {
  EXPECT_EQ(cut("2026-01-01T05:00:00Z", "2026-03-01T00:00:00Z", {}),
            (Texts{"2026-01-01T05:00:00Z..2026-03-01T00:00:00Z"}));
}

TEST(CutByVolume, JoinsDaysUpToTheLimit) {
  EXPECT_EQ(
      cut("2026-01-01T05:00:00Z", "2026-01-05T05:00:00Z",
          {{"2026-01-01", 60}, {"2026-01-02", 40}, {"2026-01-03", 30}, {"2026-01-04", 70}}),
      (Texts{"2026-01-01T05:00:00Z..2026-01-03T05:00:00Z", "2026-01-03T05:00:00Z..2026-01-05T05:00:00Z"}));
}

TEST(CutByVolume, CutsALargeDayEvenly) {
  EXPECT_EQ(cut("2026-01-01T05:00:00Z", "2026-01-04T05:00:00Z",
                {{"2026-01-01", 10}, {"2026-01-02", 250}, {"2026-01-03", 10}}),
            (Texts{"2026-01-01T05:00:00Z..2026-01-02T05:00:00Z", "2026-01-02T05:00:00Z..2026-01-02T13:00:00Z",
                   "2026-01-02T13:00:00Z..2026-01-02T21:00:00Z", "2026-01-02T21:00:00Z..2026-01-03T05:00:00Z",
                   "2026-01-03T05:00:00Z..2026-01-04T05:00:00Z"}));
}

TEST(CutByVolume, StaysInsideTheWindow) {
  EXPECT_EQ(
      cut("2026-01-01T12:00:00Z", "2026-01-01T18:00:00Z",
          {{"2025-12-31", 500}, {"2026-01-01", 150}, {"2026-01-02", 500}}),
      (Texts{"2026-01-01T12:00:00Z..2026-01-01T15:00:00Z", "2026-01-01T15:00:00Z..2026-01-01T18:00:00Z"}));
}

TEST(CutByVolume, CutsByDaysIfAllAreTheSame) {
  EXPECT_EQ(cut("2026-01-01T12:00:00Z", "2026-01-03T12:00:00Z",
                {{"2026-01-01", 100}, {"2026-01-02", 100}, {"2026-01-03", 100}}),
            (Texts{"2026-01-01T12:00:00Z..2026-01-02T05:00:00Z", "2026-01-02T05:00:00Z..2026-01-03T05:00:00Z",
                   "2026-01-03T05:00:00Z..2026-01-03T12:00:00Z"}));
}

// With any numbers, the windows cover the whole time, in order, without a gap or an overlap.
TEST(CutByVolume, CoversTheWholeTime) {
  for (int64_t seed = 0; seed < 50; ++seed) {
    Volume volume;
    int64_t random = seed * 7919 + 1;
    for (int i = 0; i < 40; ++i) {
      random = (random * 1103515245 + 12345) % 2147483648;
      if (random % 3 != 0) volume[*parse_day("2026-02-20") + std::chrono::days(i)] = random % 700;
    }
    const Window whole{at("2026-02-25T11:22:33Z"), at("2026-03-20T01:02:03Z")};
    auto end = whole.from;
    for (const auto& window : cut_by_volume(whole, volume, 100, eastern())) {
      ASSERT_EQ(window.from, end) << seed;
      ASSERT_LT(window.from, window.to) << seed;
      end = window.to;
    }
    ASSERT_EQ(end, whole.to) << seed;
  }
}

}  // namespace
}  // namespace tapster
