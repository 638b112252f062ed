// The ready-made converters of columns.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tapster/converters.hpp>
#include <utility>
#include <vector>

namespace tapster {
namespace {

struct Case {
  bool (*convert)(std::string_view, std::string&);
  std::string_view text, expected;  // "refused" if it cannot be converted
};

void check(const std::vector<Case>& cases) {
  for (const auto& [convert, text, expected] : cases) {
    std::string out = "before,";
    EXPECT_EQ(convert(text, out) ? out.substr(7) : "refused", expected) << text;
    EXPECT_TRUE(out.starts_with("before,")) << text;
  }
}

TEST(Converters, EpochSeconds) {
  const auto convert = epoch_seconds;
  check({{convert, "1793491200", R"("2026-11-01T00:00:00.000000Z")"},
         {convert, "1793491200.5", R"("2026-11-01T00:00:00.500000Z")"},
         {convert, "1793491200.1234567", R"("2026-11-01T00:00:00.123456Z")"},
         {convert, "0", R"("1970-01-01T00:00:00.000000Z")"},
         {convert, "-1", R"("1969-12-31T23:59:59.000000Z")"},
         {convert, "-0.5", R"("1969-12-31T23:59:59.500000Z")"},
         {convert, "253402300799", R"("9999-12-31T23:59:59.000000Z")"},
         {convert, "253402300800", "refused"},
         {convert, "-62135596800", R"("0001-01-01T00:00:00.000000Z")"},
         {convert, "-62135596801", "refused"},
         {convert, "9999999999999999", "refused"},
         {convert, "", "null"}});
  for (const auto* text : {"soon", "1.", ".5", "1e9", "+1", "--1", " 1", "1.5.5", "2026-11-01"})
    check({{convert, text, "refused"}});
}

TEST(Converters, EpochMilliseconds) {
  const auto convert = epoch_milliseconds;
  check({{convert, "1793491200123", R"("2026-11-01T00:00:00.123000Z")"},
         {convert, "1793491200123.4567", R"("2026-11-01T00:00:00.123456Z")"},
         {convert, "-1", R"("1969-12-31T23:59:59.999000Z")"},
         {convert, "253402300800000", "refused"},
         {convert, "", "null"},
         {convert, "now", "refused"}});
}

TEST(Converters, NumbersInTexts) {
  for (const auto* text : {"12.50", "-3", "0", "-0.0", "1e5", "1E-5", "10000000000000000000000.1"})
    check({{number_in_text, text, text}});
  for (const auto* text : {"1,5", "0x10", "01", "+1", ".5", "1.", "1e", "-", " 1", "1 ", "NaN", "1e5x"})
    check({{number_in_text, text, "refused"}});
  check({{number_in_text, "", "null"}});
}

TEST(Converters, IntegersInTexts) {
  check({{integer_in_text, "-3", "-3"},
         {integer_in_text, "0012", "12"},
         {integer_in_text, "9223372036854775807", "9223372036854775807"},
         {integer_in_text, "9223372036854775808", "refused"},
         {integer_in_text, "", "null"}});
  for (const auto* text : {"1.5", "1e3", "true", " 1", "-", "0x10"})
    check({{integer_in_text, text, "refused"}});
}

TEST(Converters, BooleansInTexts) {
  for (const auto* text : {"true", "True", "YES", "1"}) check({{boolean_in_text, text, "true"}});
  for (const auto* text : {"false", "FALSE", "No", "0"}) check({{boolean_in_text, text, "false"}});
  for (const auto* text : {"2", "maybe", " true", "t"}) check({{boolean_in_text, text, "refused"}});
  check({{boolean_in_text, "", "null"}});
}

TEST(Converters, ATimeOfAMailIsNullIfItCannotBeRead) {
  check({{mail_time, "Sun, 1 Nov 2026 01:00:00 +0100", R"("2026-11-01T00:00:00.000000Z")"},
         {mail_time, "yesterday", "null"},
         {mail_time, "", "null"}});
}

TEST(Converters, DatesInTexts) {
  check({{date_in_text, "2026-01-31T23:00:00", R"("2026-01-31")"},
         {date_in_text, "2026-01-31", R"("2026-01-31")"},
         {date_in_text, "", "null"},
         {date_in_text, "2026-02-30", "refused"},
         {date_in_text, "31.01.2026", "refused"}});
}

TEST(Converters, TheDayInAZone) {
  const auto eastern = day_in_zone("America/New_York");
  for (const auto& [text, expected] :
       std::vector<std::pair<std::string, std::string>>{{"2026-01-16T04:59:59Z", R"("2026-01-15")"},
                                                        {"2026-07-16T03:59:59Z", R"("2026-07-15")"},
                                                        {"2026-07-16T04:00:00Z", R"("2026-07-16")"},
                                                        {"", "null"},
                                                        {"soon", "refused"}}) {
    std::string out;
    EXPECT_EQ(eastern(text, out) ? out : "refused", expected) << text;
  }
  std::string out;
  EXPECT_FALSE(day_in_zone("Moon/Base")("2026-01-16T04:59:59Z", out));
}

TEST(Converters, NullInTexts) {
  for (const auto* text : {"", "null", "NULL", "None", "N/A", "-"}) check({{null_in_text, text, "null"}});
  check({{null_in_text, "nullable", R"("nullable")"}, {null_in_text, R"(a "b")", R"("a \"b\"")"}});
}

}  // namespace
}  // namespace tapster
