#include "link_header.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tapster {
namespace {

TEST(LinkHeader, FindsTheNextPage) {
  struct Case {
    std::string_view header, expected;
  };
  for (const auto& [header, expected] : std::vector<Case>{
           {R"(<https://a.example/x?page=2>; rel="next")", "https://a.example/x?page=2"},
           {R"(<https://a.example/x?page=1>; rel="prev", <https://a.example/x?page=3>; rel="next")",
            "https://a.example/x?page=3"},
           {R"(<https://a.example/x?page=9>; rel="last")", ""},
           {"</x>; rel=next", "/x"},
           {"</x>;rel=next", "/x"},
           {R"(</x> ; title="a, <b>; rel=\"next\"" ; REL = "next")", "/x"},
           {R"(</x>; title="a, <b>; rel=\"next\"")", ""},
           {R"(</x>; rel="first next")", "/x"},
           {R"(</x>; rel="nextish")", ""},
           {R"(</x>; title=next)", ""},
           {"</x>; rel", ""},
           {"</x>", ""},
           {"</x", ""},
           {R"(</x>; rel="next)", "/x"},
           {"", ""},
           {R"(<https://a.example/x?q=a,b;c>; rel="next")", "https://a.example/x?q=a,b;c"}})
    EXPECT_EQ(next_link(header), expected) << header;
}

}  // namespace
}  // namespace tapster
