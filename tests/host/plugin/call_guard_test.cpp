#include "plugin/call_guard.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tapster::host {
namespace {

// In a process of its own, with a log on standard error.
[[noreturn]] void exit_in_a_call() {
  const auto clock = fixed_clock({});
  Log log(*clock, LogFormat::json, Level::info);
  log.hide("open-sesame");
  CallGuard::report_to(log);
  CallGuard::watch_exit();
  const CallGuard guard({"mail", "read", "messages", R"({"token":"open-sesame"})"});
  std::exit(0);
}

TEST(CallGuard, LogsAnExitOnOneLineWithoutSecrets) {
  EXPECT_EXIT(exit_in_a_call(), testing::ExitedWithCode(1),
              R"(^\{"level":"critical".*"stream_name":"messages".*slice .*\*\*\*.*ended the process)");
}

}  // namespace
}  // namespace tapster::host
