#include "report/wrap.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace tapster::host {
namespace {

TEST(Wrap, BreaksAtSpacesAndIndentsTheOtherLines) {
  EXPECT_EQ(wrap("one two three", 7, "  "), "one two\n  three");
  EXPECT_EQ(wrap("one two three", 6, ""), "one\ntwo\nthree");
  EXPECT_EQ(wrap("one two three", 13, "  "), "one two three");
}

TEST(Wrap, ALongWordIsNotBroken) {
  EXPECT_EQ(wrap("a https://example.com/long b", 5, ""), "a\nhttps://example.com/long\nb");
}

TEST(Wrap, WithoutALimitThereIsOneLine) {
  EXPECT_EQ(wrap("one two three", SIZE_MAX, "  "), "one two three");
  EXPECT_EQ(wrap("", 10, "  "), "");
}

}  // namespace
}  // namespace tapster::host
