#include "cli/number_options.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

std::string refusal(const CLI::Validator& check, std::string text) {
  return check(text);
}

TEST(NumberOptions, AWholeNumberIsDigitsInTheRange) {
  for (const auto* good : {"1", "64", "007"}) EXPECT_EQ(refusal(whole_number(1, 64), good), "") << good;
  for (const auto* bad : {"0", "65", "", " 4", "4 ", "-1", "+4", "1.5", "1e1", "0x10", "nan", "four",
                          "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(refusal(whole_number(1, 64), bad),
              std::string("must be a whole number from 1 to 64, but is \"") + bad + "\"");
  }
}

TEST(NumberOptions, SecondsAreFinite) {
  for (const auto* good : {"0", "0.5", "3600", "1e-9"}) EXPECT_EQ(refusal(seconds_up_to(3600), good), "");
  for (const auto* bad : {"nan", "inf", "-inf", "-1", "3600.1", "", "1s", "1e999"})
    EXPECT_NE(refusal(seconds_up_to(3600), bad), "") << bad;
}

TEST(NumberOptions, APositiveNumberIsFinite) {
  for (const auto* good : {"10", "0.5", "10000", "1e-9"})
    EXPECT_EQ(refusal(positive_number(10'000), good), "");
  for (const auto* bad : {"0", "-1", "10000.1", "nan", "inf", "-inf", "", "1/s", "1e999"}) {
    EXPECT_EQ(refusal(positive_number(10'000), bad),
              std::string("must be a number above 0 and at most 10000, but is \"") + bad + "\"");
  }
}

TEST(NumberOptions, ASizeHasAUnit) {
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("512b"), 512U);
  EXPECT_EQ(parse_size("100MB"), 100'000'000U);
  EXPECT_EQ(parse_size("100m"), 100'000'000U);
  EXPECT_EQ(parse_size("1GiB"), uint64_t{1} << 30U);
  EXPECT_EQ(parse_size("2ki"), 2048U);
  EXPECT_EQ(parse_size("3T"), 3'000'000'000'000U);
  EXPECT_EQ(parse_size("9223372036854775807"), uint64_t{INT64_MAX});
  for (const auto* bad : {"0", "0MB", "", "MB", "-1", "1.5GB", "100XB", "100MBB", "100MIX", "1i", "nan", " 1",
                          "9223372036854775808", "18446744073709551616", "9999999999GB", "16777216TiB"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace tapster::host
