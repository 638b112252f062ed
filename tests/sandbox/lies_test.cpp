#include "lies.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "lists.hpp"

namespace tapster::sandbox {
namespace {

using Kind = Lie::Kind;

// The response to a request for the letters a to e.
std::string answer(Lie lie, const std::string& query) {
  const std::vector<std::string> rows{"\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\""};
  const auto target = "/letters?" + query;
  auto lied = page_of("L", rows, parse_query(instead_of(lie, target)));
  distort(lie, target, lied);
  return lied.body;
}

TEST(Lies, ReplaceTheValueOfAMember) {
  EXPECT_EQ(answer({Kind::member, 0, "TotalCount=1e999"}, "count=1&offset=0"),
            R"({"TotalCount":1e999,"L":["a"]})");
}

TEST(Lies, ChangeTheTotal) {
  EXPECT_EQ(answer({Kind::total, -1}, "count=2&offset=0"), R"({"TotalCount":-1,"L":["a","b"]})");
  EXPECT_EQ(answer({Kind::more, 1}, "count=2&offset=4"), R"({"TotalCount":6,"L":["e"]})");
}

TEST(Lies, ChangeTheRows) {
  EXPECT_EQ(answer({Kind::same_page}, "count=2&offset=2"), R"({"TotalCount":5,"L":["a","b"]})");
  EXPECT_EQ(answer({Kind::skips}, "count=2&offset=0"), R"({"TotalCount":5,"L":["a","b"]})");
  EXPECT_EQ(answer({Kind::skips}, "count=2&offset=2"), R"({"TotalCount":5,"L":["d","e"]})");
  EXPECT_EQ(answer({Kind::leaves}, "count=2&offset=2"), R"({"TotalCount":4,"L":["d","e"]})");
  EXPECT_EQ(answer({Kind::hides}, "count=5&offset=0"), R"({"TotalCount":4,"L":["a","b","c","d"]})");
  EXPECT_EQ(answer({Kind::nothing}, "count=5&offset=0"), R"({"TotalCount":0,"L":[]})");
  EXPECT_EQ(answer({Kind::twice}, "count=2&offset=0"), R"({"TotalCount":6,"L":["a","a","b"]})");
}

}  // namespace
}  // namespace tapster::sandbox
