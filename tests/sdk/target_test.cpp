#include <gtest/gtest.h>

#include <tapster/target.hpp>

namespace tapster {
namespace {

TEST(Target, HasThePathAndTheQueryInOrder) {
  EXPECT_EQ(Target("/things").text(), "/things");
  EXPECT_EQ(Target("/things").with("n", 1).with("from", "2026-01-31T12:00:00").text(),
            "/things?n=1&from=2026-01-31T12:00:00");
  EXPECT_EQ(Target("/a/{x}/b/{y}", {{"y", "2"}, {"x", "1"}}).with("n", "").text(), "/a/1/b/2?n=");
  EXPECT_FALSE(Target("/a/{x}", {{"x", "1"}}).error());
}

TEST(Target, WithReturnsACopy) {
  const Target list("/things");
  const auto page = list.with("count", int64_t{500});
  EXPECT_EQ(list.text(), "/things");
  EXPECT_EQ(page.text(), "/things?count=500");
}

TEST(Target, EncodesEveryValue) {
  const std::string_view hostile = "a b&c=d/e?f+g%h#i";
  const std::string encoded = "a%20b%26c%3Dd%2Fe%3Ff%2Bg%25h%23i";
  EXPECT_EQ(Target("/x/{id}/y", {{"id", hostile}}).text(), "/x/" + encoded + "/y");
  EXPECT_EQ(Target("/x").with("q", hostile).text(), "/x?q=" + encoded);
  EXPECT_EQ(Target("/x").with(hostile, 1).text(), "/x?" + encoded + "=1");
  EXPECT_EQ(Target("/x").with("q", "AZaz09-._~").text(), "/x?q=AZaz09-._~");
  EXPECT_EQ(Target("/x").with("q", "é\n").text(), "/x?q=%C3%A9%0A");
  EXPECT_EQ(Target("/x").with("q", std::string_view("\0", 1)).text(), "/x?q=%00");
  EXPECT_EQ(Target("/x/{id}", {{"id", "{id}"}}).text(), "/x/%7Bid%7D");
}

TEST(Target, ASegmentThatLeadsToAnotherPathIsAnError) {
  for (const auto* id : {"", ".", ".."}) {
    const auto error = Target("/x/{id}/y", {{"id", id}}).error();
    ASSERT_TRUE(error) << id;
    EXPECT_EQ(error->status, Status::source);
    EXPECT_EQ(error->message,
              std::string("the id \"") + id + "\" cannot be part of a URL's path, so it was not requested");
    EXPECT_TRUE(Target("/x/{id}/y", {{"id", id}}).with("n", 1).error()) << id;
  }
  EXPECT_FALSE(Target("/x/{id}/y", {{"id", "..."}}).error());
}

TEST(Target, AnInvalidTemplateIsAnInternalError) {
  for (const auto* path :
       {"", "x", ".evil.example/", "/x?n=1", "/x#y", "/a b", "/x%2e", "/{id", "/{id}", "/a}"}) {
    const auto error = Target(path).error();
    ASSERT_TRUE(error) << path;
    EXPECT_EQ(error->status, Status::internal) << path;
  }
}

}  // namespace
}  // namespace tapster
