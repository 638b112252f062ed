#include "report/print.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <locale.h>
#include <unistd.h>

namespace tapster::host {
namespace {

TEST(Pretty, IndentsAndKeepsPlainArraysOnOneLine) {
  EXPECT_EQ(pretty(json::parse(R"({"a":[1,"x"],"b":{"c":[{"d":null}]},"e":{},"f":[]})")),
            "{\n"
            "  \"a\": [1, \"x\"],\n"
            "  \"b\": {\n"
            "    \"c\": [\n"
            "      {\n"
            "        \"d\": null\n"
            "      }\n"
            "    ]\n"
            "  },\n"
            "  \"e\": {},\n"
            "  \"f\": []\n"
            "}\n");
}

TEST(Table, AlignsItsColumns) {
  EXPECT_EQ(table({{"NAME", "VERSION"}, {"a", "1.0", "more"}, {"long", "", "x"}}),
            "NAME  VERSION\n"
            "a     1.0      more\n"
            "long           x\n");
}

TEST(Table, AlignsWhatAPersonSees) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(display_width("Grüße"), 5U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("a\xFF"), 2U) << "what is no character takes one column";
  EXPECT_EQ(table({{"Grüße", "x"}, {"日本", "y"}}), "Grüße  x\n日本   y\n");
}

TEST(Cut, EndsAtAWholeCharacterWithAnEllipsis) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(cut("short", 5), "short");
  EXPECT_EQ(cut("longer", 5), "long…");
  EXPECT_EQ(cut("日本語", 4), "日…") << "the second would leave no room for the ellipsis";
}

TEST(Print, SaysThatTheReaderHasGone) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const auto done = print(full, "x");
  ::close(full);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, Exit::output);
  EXPECT_EQ(done.error().message, "standard output cannot be written: No space left on device");
}

}  // namespace
}  // namespace tapster::host
