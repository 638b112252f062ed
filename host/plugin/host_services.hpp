// What the host offers to a source: tapster_host as a C++ class.
#pragma once

#include <tapster/connector.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tapster/error.hpp>

#include "plugin/late_calls.hpp"
#include "report/log.hpp"
#include "system/clock.hpp"

namespace tapster::host {

// Keeps a new value of a setting: see tapster_host.store. [any thread]
using StoreSetting = std::function<Result<void>(std::string_view name, std::string_view value)>;

// The host's side of one source: what tapster_host offers. Outlives the source.
class HostServices {
 public:
  HostServices(Clock& clock, Log& log, std::string connector_name);
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  [[nodiscard]] const tapster_host& table() const { return table_; }
  [[nodiscard]] bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  // Logs the info lines of open and discover as debug: they are the same in every run, and `check` and `info`
  // show them.
  void set_quiet_opening() { is_opening_quiet_ = true; }

  // Sets what `store` does, before the source is opened.
  void on_store(StoreSetting store) { store_ = std::move(store); }

  // Sets the least time between the starts of two requests, before the source is opened; zero for no limit.
  void limit_requests(std::chrono::microseconds interval) { request_interval_ = interval; }

  // From now on calls should return; the log names those that do not return within five seconds. [any thread]
  void set_cancelled();
  [[nodiscard]] Clock& clock() const { return clock_; }
  // The functions of the table; the host may call them too. [any thread]
  void write_log(tapster_log_level level, std::string_view message);
  void hide(std::string_view secret);
  Result<void> store(std::string_view name, std::string_view value);
  // False if a cancel ended the wait.
  bool sleep(std::chrono::microseconds time);
  // Waits for the turn of a request. False if a cancel ended the wait.
  bool start_request();
  void count(std::string_view name, int64_t delta);
  // The current values of the counters. [any thread]
  [[nodiscard]] std::map<std::string, int64_t> counters() const;

 private:
  Clock& clock_;
  Log& log_;
  std::string connector_name_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> is_opening_quiet_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, int64_t, std::less<>> counters_;
  StoreSetting store_;
  std::chrono::microseconds request_interval_{0};
  std::mutex turn_;  // of requests: held by the thread whose request is next, also while it waits
  std::chrono::microseconds next_request_{std::chrono::microseconds::min()};  // under `turn_`
  tapster_host table_{};
  LateCalls late_calls_;
};

}  // namespace tapster::host
