#include "plugin/call_guard.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "system/exit_code.hpp"

namespace tapster::host {

namespace {

struct Call {
  std::string_view connector, function, stream, slice;
};

// A connector's own thread may call exit() too: the counter finds that, but cannot say which call it was for.
std::atomic<int> calls = 0;
thread_local Call current;
std::atomic<Log*> log = nullptr;

std::string message() {
  if (current.function.empty()) return "a connector broke the contract: one of its threads ended the process";
  std::string where;
  if (!current.stream.empty()) where += fmt::format(" for the stream {}", current.stream);
  if (!current.slice.empty()) where += fmt::format(", slice {}", current.slice);
  return fmt::format("the connector {} broke the contract: {}{} ended the process", current.connector,
                     current.function, where);
}

void at_exit() {
  if (calls.load() == 0) return;
  if (auto* known = log.load()) known->write(Level::critical, "tapster", current.stream, message());
  ::_exit(static_cast<int>(Exit::failed));
}

}  // namespace

CallGuard::CallGuard(std::string_view connector, std::string_view function, std::string_view stream,
                     std::string_view slice) {
  current = {connector, function, stream, slice};
  ++calls;
}

CallGuard::~CallGuard() {
  --calls;
  current = {};
}

void CallGuard::report_to(Log& reports) {
  log = &reports;
}

void CallGuard::watch_exit() {
  (void)std::atexit(at_exit);
  (void)std::at_quick_exit(at_exit);
}

}  // namespace tapster::host
