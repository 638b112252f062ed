// The host's services as a connector sees them: log, clock, sleep, cancel, counters and secrets.
#pragma once

#include <tapster/connector.h>

#include <chrono>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/time.hpp>

namespace tapster {

// A light value: copy it freely. Valid until the source is closed. Every member may be called from any
// thread.
class Host {
 public:
  explicit Host(const tapster_host* host) : host_(host) {}

  // One line of log. Do not put secrets into it.
  void debug(std::string_view message) const { log(TAPSTER_LOG_DEBUG, message); }
  void info(std::string_view message) const { log(TAPSTER_LOG_INFO, message); }
  void warning(std::string_view message) const { log(TAPSTER_LOG_WARNING, message); }

  // The time now. Use it, and no other clock, for whatever ends up in a slice, a state or a record.
  [[nodiscard]] Time now() const { return from_unix_micros(host_->now(host_->context)); }

  // A clock that never goes back, from an arbitrary start.
  [[nodiscard]] std::chrono::microseconds monotonic() const {
    return std::chrono::microseconds(host_->monotonic(host_->context));
  }

  // Waits; the error is `cancelled` when a cancel ended the wait.
  [[nodiscard]] Result<void> sleep(std::chrono::microseconds time) const {
    if (host_->sleep(host_->context, time.count()) != TAPSTER_OK) return cancelled();
    return {};
  }

  [[nodiscard]] bool is_cancelled() const { return host_->cancelled(host_->context) != 0; }

  // Adds to a counter of the run's summary; the name is lower_snake_case.
  void count(std::string_view name, int64_t delta = 1) const {
    host_->count(host_->context, to_text(name), delta);
  }

  // Hides a text that was learned at run time, such as an access token, in every log line, error and summary.
  // Call it before the text is used. A host of ABI 1.0 does not offer this: there the call does nothing.
  void secret(std::string_view text) const {
    if (TAPSTER_HAS(tapster_host, host_, secret)) host_->secret(host_->context, to_text(text));
  }

 private:
  void log(tapster_log_level level, std::string_view message) const {
    host_->log(host_->context, level, to_text(message));
  }

  const tapster_host* host_;
};

}  // namespace tapster
