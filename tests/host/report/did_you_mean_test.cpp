#include "report/did_you_mean.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

const std::vector<std::string> words{"postmark", "counter", "stripe"};

TEST(Nearest, FindsTheNameOfATypo) {
  EXPECT_EQ(nearest("postmrk", words), "postmark");
  EXPECT_EQ(nearest("psotmark", words), "postmark");
  EXPECT_EQ(nearest("counters", words), "counter");
  EXPECT_EQ(nearest("x", {"y"}), "y");
}

TEST(Nearest, FindsNothingSimilar) {
  EXPECT_EQ(nearest("mailchimp", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest("post", {}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), words), "");
}

TEST(DidYouMean, IsAQuestionOrEmpty) {
  EXPECT_EQ(did_you_mean("postmrk", words), "; did you mean \"postmark\"?");
  EXPECT_EQ(did_you_mean("zzz", words), "");
}

}  // namespace
}  // namespace tapster::host
