#include "report/table.hpp"

#include <gtest/gtest.h>
#include <locale.h>

#include "system/terminal.hpp"

namespace tapster::host {
namespace {

TEST(Table, AlignsItsColumns) {
  EXPECT_EQ(table({{"NAME", "VERSION"}, {"a", "1.0", "more"}, {"long", "", "x"}}),
            "NAME  VERSION\n"
            "a     1.0      more\n"
            "long           x\n");
}

TEST(Table, AlignsByDisplayWidth) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(display_width("Grüße"), 5U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("a\xFF"), 2U) << "what is no character takes one column";
  EXPECT_EQ(table({{"Grüße", "x"}, {"日本", "y"}}), "Grüße  x\n日本   y\n");
}

}  // namespace
}  // namespace tapster::host
