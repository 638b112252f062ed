#include "system/terminal.hpp"

#include <gtest/gtest.h>
#include <locale.h>

namespace tapster::host {
namespace {

TEST(Cut, EndsAtAWholeCharacterWithAnEllipsis) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(cut("short", 5), "short");
  EXPECT_EQ(cut("longer", 5), "long…");
  EXPECT_EQ(cut("日本語", 4), "日…") << "the second would leave no room for the ellipsis";
}

}  // namespace
}  // namespace tapster::host
