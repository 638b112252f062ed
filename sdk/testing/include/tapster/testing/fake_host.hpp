// A host for tests. Its time advances only during sleeps and other waits, and it records logs, counters,
// secrets, stored settings, sleeps and the starts of requests.
#pragma once

#include <tapster/connector.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tapster/host.hpp>
#include <tapster/time.hpp>
#include <vector>

namespace tapster {

// Every member may be called from any thread. A sleep advances the time and returns immediately; with several
// threads, all sleeps add up. It must live longer than what uses `host`.
class FakeHost {
 public:
  using Micros = std::chrono::microseconds;

  FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const tapster_host* table() const { return &table_; }
  [[nodiscard]] Host host() const { return Host(&table_); }

  // The current time; 2026-01-31T00:00:00Z at first.
  [[nodiscard]] Time now() const;
  // Sets the current time, such as *parse_time("2026-05-01T00:00:00Z"). The monotonic clock does not change.
  void set_now(FineTime now);
  // Sets the current time, and keeps it there: sleeps advance only the monotonic clock.
  void hold_now(FineTime now);
  [[nodiscard]] Micros monotonic() const;
  void advance(Micros time);

  void cancel();
  // Cancels inside the next sleep or wait for a request, before any time has passed.
  void cancel_in_sleep();
  [[nodiscard]] bool is_cancelled() const;

  struct Log {
    tapster_log_level level;
    std::string message;
  };
  [[nodiscard]] std::vector<Log> logs(tapster_log_level least = TAPSTER_LOG_DEBUG) const;
  // The secrets that were announced.
  [[nodiscard]] std::vector<std::string> secrets() const;
  // The settings that were stored, "name=value".
  [[nodiscard]] std::vector<std::string> stores() const;
  // The value that was stored last for a setting; empty if there is none.
  [[nodiscard]] std::string stored(std::string_view name) const;
  // Lets every store after this many fail with a config error.
  void fail_stores_after(std::size_t count);
  // Sets the least time between the starts of two requests, as a user does with a rate.
  void limit_requests(Micros interval);
  // When requests started, on the monotonic clock.
  [[nodiscard]] std::vector<Micros> request_starts() const;
  // Becomes a host of ABI 1.0.
  void become_old() { table_.struct_size = offsetof(tapster_host, secret); }
  // The duration of every sleep.
  [[nodiscard]] std::vector<Micros> sleeps() const;
  [[nodiscard]] int64_t counter(const std::string& name) const;

 private:
  tapster_status sleep(Micros time);
  tapster_status start_request();
  tapster_status store(std::string_view name, std::string_view value, tapster_error* error);

  tapster_host table_{};
  mutable std::mutex mutex_;                                           // of all that follows
  Time now_{std::chrono::sys_days{std::chrono::year(2026) / 1 / 31}};  // at monotonic zero
  bool is_held_ = false;                                               // at now_
  Micros monotonic_{0};
  bool is_cancelled_ = false;
  bool will_cancel_ = false;
  std::vector<Log> logs_;
  std::vector<std::string> secrets_;
  std::vector<std::string> stores_;
  std::size_t most_stores_ = SIZE_MAX;
  std::vector<Micros> sleeps_;
  Micros request_interval_{0};
  std::vector<Micros> request_starts_;
  std::map<std::string, int64_t> counters_;
};

}  // namespace tapster
