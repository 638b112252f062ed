#include "plugin/late_calls.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "plugin/call_guard.hpp"

namespace tapster::host {
namespace {

// A log that a test reads from a pipe.
class LateCall : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(pipe_.data()), 0); }
  ~LateCall() override {
    for (const int end : pipe_) ::close(end);
  }
  // Waits for it.
  std::string next_line() {
    std::string line;
    for (char c = 0; ::read(pipe_[0], &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  std::array<int, 2> pipe_{};
  std::unique_ptr<Clock> clock_ = fixed_clock({});
};

TEST_F(LateCall, IsNamedOnceThePatienceHasPassed) {
  Log log(*clock_, LogFormat::text, Level::warning, pipe_[1]);
  LateCalls late(log, std::chrono::milliseconds(10));
  const CallGuard outer({"mail", "read", "messages", R"({"day":1})"});
  late.watch();
  late.watch();
  EXPECT_NE(next_line().find("0.01 s after the cancel: still waiting for the connector mail to return from "
                             "read for the stream messages, slice {\"day\":1}"),
            std::string::npos);
}

TEST_F(LateCall, ThatReturnsInTimeIsNotNamed) {
  Log log(*clock_, LogFormat::text, Level::warning, pipe_[1]);
  {
    LateCalls late(log, std::chrono::hours(1));
    const CallGuard call({"mail", "read"});
    late.watch();
  }
  log.warning("the next line");
  EXPECT_NE(next_line().find("the next line"), std::string::npos);
}

}  // namespace
}  // namespace tapster::host
