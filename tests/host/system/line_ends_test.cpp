#include "system/line_ends.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

TEST(LineEnds, AreEscapedAndNothingElse) {
  std::string text = "{\"a\u2028\":\"\u2029\u0085\u2030é\"}";
  EXPECT_TRUE(has_line_separator(text));
  escape_line_ends(text);
  EXPECT_EQ(text, std::string(R"({"a\u2028":"\u2029\u0085)") + "\u2030é\"}");
  EXPECT_FALSE(has_line_separator(text));
  EXPECT_FALSE(has_line_separator("\u0085\u2030\xE2\x80"));
}

TEST(Nul, IsRemovedWithItsEscapeAlone) {
  std::string text = R"({"a\u0000":"\u0000x\\u0000\\\u0000\u00001\"\n\u000a"})";
  EXPECT_TRUE(has_nul(text));
  EXPECT_EQ(remove_nul(text), 4U);
  EXPECT_EQ(text, R"({"a":"x\\u0000\\1\"\n\u000a"})");
  EXPECT_FALSE(has_nul(text));
  EXPECT_FALSE(has_nul(""));
  EXPECT_FALSE(has_nul("\\"));
}

}  // namespace
}  // namespace tapster::host
