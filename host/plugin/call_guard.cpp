#include "plugin/call_guard.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>
#include <utility>

#include "system/exit_code.hpp"

namespace tapster::host {

namespace {

// Never destroyed: threads may still run when static objects are.
struct Calls {
  std::mutex mutex;
  std::set<const Call*> in_progress;
};
Calls& calls() {
  static auto* const all = new Calls;
  return *all;
}

thread_local const Call* current = nullptr;
std::atomic<Log*> log = nullptr;

// A connector's own thread may call exit() too; then the call is not known.
std::string exit_message() {
  if (!current) return "a connector broke a rule of the interface: one of its threads ended the process";
  return fmt::format("the connector {} broke a rule of the interface: {} ended the process",
                     current->connector, describe(*current));
}

void at_exit() {
  {
    const std::lock_guard lock(calls().mutex);
    if (calls().in_progress.empty()) return;
  }
  if (auto* known = log.load())
    known->write(Level::critical, "tapster", current ? current->stream : std::string_view(), exit_message());
  ::_exit(static_cast<int>(Exit::failed));
}

}  // namespace

std::string describe(const Call& call) {
  std::string text(call.function);
  if (!call.stream.empty()) text += fmt::format(" for the stream {}", call.stream);
  if (!call.slice.empty()) text += fmt::format(", slice {}", call.slice);
  return text;
}

CallGuard::CallGuard(const Call& call) : call_(call), outer_(std::exchange(current, &call_)) {
  const std::lock_guard lock(calls().mutex);
  calls().in_progress.insert(&call_);
}

CallGuard::~CallGuard() {
  current = outer_;
  const std::lock_guard lock(calls().mutex);
  calls().in_progress.erase(&call_);
}

std::vector<std::string> CallGuard::in_progress() {
  const std::lock_guard lock(calls().mutex);
  std::vector<std::string> all;
  for (const auto* call : calls().in_progress)
    all.push_back(fmt::format("the connector {} to return from {}", call->connector, describe(*call)));
  return all;
}

Call CallGuard::on_this_thread() {
  return current ? *current : Call{};
}

void CallGuard::report_to(Log& reports) {
  log = &reports;
}

void CallGuard::watch_exit() {
  (void)std::atexit(at_exit);
  (void)std::at_quick_exit(at_exit);
}

}  // namespace tapster::host
