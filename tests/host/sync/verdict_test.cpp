#include "sync/verdict.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

FailedStream refused(std::string name) {
  return {.name = std::move(name),
          .exit = Exit::auth,
          .type = FailureType::config,
          .error = "planning: the token was rejected",
          .cause = "the token was rejected"};
}

FailedStream broken(std::string name) {
  return {.name = std::move(name),
          .exit = Exit::failed,
          .type = FailureType::transient,
          .error = "slice {}: HTTP 500",
          .cause = "HTTP 500"};
}

TEST(Verdict, IsGoodWithoutAFailure) {
  EXPECT_TRUE(verdict({}, 3));
}

TEST(Verdict, StreamsThatShareACauseNameItOnce) {
  const auto ended = verdict({refused("a"), refused("b")}, 2);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "2 of 2 streams failed: the token was rejected");
  EXPECT_EQ(ended.error().exit, Exit::auth);
  EXPECT_EQ(ended.error().type, FailureType::config);
}

TEST(Verdict, IsPartialIfAStreamDidNotFail) {
  const auto ended = verdict({refused("a"), refused("b")}, 3);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "2 of 3 streams failed (a, b): the token was rejected");
  EXPECT_EQ(ended.error().exit, Exit::partial);
  EXPECT_EQ(ended.error().type, FailureType::config) << "another config would help all the same";
}

TEST(Verdict, WithSeveralCausesNamesTheFirstError) {
  const auto ended = verdict({broken("a"), refused("b")}, 2);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "2 of 2 streams failed, for 2 reasons; the first: a: slice {}: HTTP 500");
  EXPECT_EQ(ended.error().exit, Exit::partial);
  EXPECT_EQ(ended.error().type, FailureType::system);
}

TEST(Verdict, ACancelledStreamHasNoCause) {
  auto cancelled = broken("a");
  cancelled.error.clear();
  cancelled.cause.clear();
  const auto ended = verdict({cancelled, broken("b")}, 2);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "2 of 2 streams failed: HTTP 500");
}

}  // namespace
}  // namespace tapster::host
