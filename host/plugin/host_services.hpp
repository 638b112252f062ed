// What the host offers to a source: tapster_host as a C++ class.
#pragma once

#include <tapster/connector.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "plugin/late_calls.hpp"
#include "report/log.hpp"
#include "system/clock.hpp"

namespace tapster::host {

// The host's side of one source: what tapster_host offers. Outlives the source.
class HostServices {
 public:
  HostServices(Clock& clock, Log& log, std::string connector_name);
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  [[nodiscard]] const tapster_host& table() const { return table_; }
  [[nodiscard]] bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  // From now on calls are to return; one that does not within five seconds is named in the log. [any thread]
  void set_cancelled();
  [[nodiscard]] Clock& clock() const { return clock_; }
  // What the table's functions do; the host may use them as well. [any thread]
  void write_log(tapster_log_level level, std::string_view message);
  void hide(std::string_view secret);
  // False where the wait was ended by a cancel.
  bool sleep(std::chrono::microseconds time);
  void count(std::string_view name, int64_t delta);
  // The named counters as they stand. [any thread]
  [[nodiscard]] std::map<std::string, int64_t> counters() const;

 private:
  Clock& clock_;
  Log& log_;
  std::string connector_name_;
  std::atomic<bool> cancelled_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, int64_t, std::less<>> counters_;
  tapster_host table_{};
  LateCalls late_calls_;
};

}  // namespace tapster::host
