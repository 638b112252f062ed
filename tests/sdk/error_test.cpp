#include <gtest/gtest.h>

#include <tapster/error.hpp>

namespace tapster {
namespace {

using namespace std::chrono_literals;

tapster_error empty_error() {
  tapster_error error{};
  error.struct_size = sizeof error;
  return error;
}

TEST(Error, CrossesTheAbiUnchanged) {
  auto abi = empty_error();
  const Error error{Status::rate_limited, "too many: été", 429, 1500ms};
  EXPECT_EQ(to_abi(error, &abi), TAPSTER_RATE_LIMITED);
  const auto back = from_abi(TAPSTER_RATE_LIMITED, abi);
  EXPECT_EQ(back.status, Status::rate_limited);
  EXPECT_EQ(back.message, "too many: été");
  EXPECT_EQ(back.source_code, 429);
  EXPECT_EQ(back.retry_after, 1500ms);
}

TEST(Error, RetryAfterIsOptional) {
  auto abi = empty_error();
  to_abi(Error{Status::source, "no", 0, std::nullopt}, &abi);
  EXPECT_LT(abi.retry_after_ms, 0);
  EXPECT_EQ(from_abi(TAPSTER_SOURCE, abi).retry_after, std::nullopt);
}

// The message after it has crossed the ABI.
std::string crossed(const std::string& message) {
  auto abi = empty_error();
  to_abi(Error{Status::source, message, 0, std::nullopt}, &abi);
  return from_abi(TAPSTER_SOURCE, abi).message;
}

TEST(Error, ALongMessageIsCutBetweenCharacters) {
  // 1023 bytes and a character of two: the cut must not leave half of it.
  std::string message(1023, 'x');
  EXPECT_EQ(crossed(message + "é"), message);
  message.pop_back();
  EXPECT_EQ(crossed(message + "é!"), message + "é");
}

TEST(Error, AnUnknownStatusIsInternal) {
  auto abi = empty_error();
  to_abi(Error{Status::source, "odd", 0, std::nullopt}, &abi);
  const auto error = from_abi(77, abi);
  EXPECT_EQ(error.status, Status::internal);
  EXPECT_NE(error.message.find("77"), std::string::npos);
}

TEST(Error, AMessageSizeAboveTheBufferIsLimited) {
  auto abi = empty_error();
  abi.message_size = 1'000'000;
  EXPECT_EQ(from_abi(TAPSTER_SOURCE, abi).message.size(), sizeof abi.message);
}

TEST(Error, ContextPrecedesEveryMessageButACancel) {
  EXPECT_EQ(with_context("reading", source_error("no").value()).value().message, "reading: no");
  EXPECT_EQ(with_context("reading", cancelled().value()).value().message, "cancelled");
}

}  // namespace
}  // namespace tapster
