#include "report/pretty_json.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tapster::host
