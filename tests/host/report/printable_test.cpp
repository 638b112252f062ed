#include "report/printable.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

TEST(Printable, HasNoTerminalControlOrHiddenCharacter) {
  for (const auto* hidden :
       {"\u0080", "\u0085", "\u009b", "\u009f", "\u00ad", "\u061c", "\u200b", "\u200e", "\u200f", "\u2028",
        "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff", "\U000e0001"}) {
    EXPECT_EQ(printable(std::string("a") + hidden + "b"), "a b");
    EXPECT_EQ(without_hidden_controls(std::string("a") + hidden + "b"), "a b");
  }
  EXPECT_EQ(printable("a\x1b[31m\x7f\tb"), "a [31m  b");
}

TEST(Printable, KeepsLettersOfEveryScript) {
  constexpr auto text = "Grüße \u00a0 \u2027 \u2030 €, 日本語, עברית, 😀";
  EXPECT_EQ(without_hidden_controls(text), text);
  EXPECT_EQ(printable(text), text);
}

TEST(Printable, IsOneLine) {
  EXPECT_EQ(printable("a\nb\n\n", " | "), "a | b");
  EXPECT_EQ(without_hidden_controls("a\n\tb"), "a\n\tb");
}

TEST(Printable, IsUtf8) {
  EXPECT_EQ(printable("caf\xC3\xA9 \xE9 \xC3"), "caf\xC3\xA9 \xEF\xBF\xBD \xEF\xBF\xBD");
}

}  // namespace
}  // namespace tapster::host
