#include "print.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
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
