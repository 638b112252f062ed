#include "plugin/late_calls.hpp"

#include <fmt/format.h>

#include "plugin/call_guard.hpp"
#include "system/thread.hpp"

namespace tapster::host {

LateCalls::LateCalls(Log& log, std::chrono::milliseconds patience) : log_(log), patience_(patience) {}

LateCalls::~LateCalls() {
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LateCalls::watch() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_started_, true)) return;
  // Without a thread the run still ends, only without the warning.
  if (auto thread = start_thread([this] { wait_and_report(); })) thread_ = *std::move(thread);
}

void LateCalls::wait_and_report() {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, patience_, [this] { return is_ended_; })) return;
  lock.unlock();
  for (const auto& call : CallGuard::in_progress()) {
    log_.warning(
        fmt::format("{:.3g} s after the cancel: still waiting for {}, or for whatever reads the records; "
                    "a second signal ends the run at once",
                    std::chrono::duration<double>(patience_).count(), call));
  }
}

}  // namespace tapster::host
