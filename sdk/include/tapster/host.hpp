// The host's services for a connector: log, clock, sleep, the rate of requests, cancellation, counters,
// secrets and new credentials.
#pragma once

#include <tapster/connector.h>

#include <chrono>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/time.hpp>

namespace tapster {

// A pointer to the host's functions: cheap to copy, valid until the source is closed. Every member may be
// called from any thread. Texts are borrowed during the call.
class Host {
 public:
  explicit Host(const tapster_host* host) : host_(host) {}

  // The functions themselves.
  [[nodiscard]] const tapster_host* table() const { return host_; }

  // Write one log line, without a line break. It must not contain secrets.
  void debug(std::string_view message) const { log(TAPSTER_LOG_DEBUG, message); }
  void info(std::string_view message) const { log(TAPSTER_LOG_INFO, message); }
  void warning(std::string_view message) const { log(TAPSTER_LOG_WARNING, message); }

  // The current time. Use only this clock for anything that ends up in a slice, a state or a record: tests
  // set it.
  [[nodiscard]] Time now() const { return from_unix_micros(host_->now(host_->context)); }

  // The time since an arbitrary start, which never goes back. Use it to measure intervals.
  [[nodiscard]] std::chrono::microseconds monotonic() const {
    return std::chrono::microseconds(host_->monotonic(host_->context));
  }

  // Waits for this time. Errors: cancelled, if the source is cancelled meanwhile.
  [[nodiscard]] Result<void> sleep(std::chrono::microseconds time) const {
    if (host_->sleep(host_->context, time.count()) != TAPSTER_OK) return cancelled();
    return {};
  }

  // Starts a request to the source: waits as long as the user's limit on the rate of requests says.
  // HttpClient calls it; call it yourself right before each request over another transport. Does not wait on
  // a host of ABI 1.0. Errors: cancelled.
  [[nodiscard]] Result<void> start_request() const {
    if (!TAPSTER_HAS(tapster_host, host_, start_request)) return {};
    if (host_->start_request(host_->context) != TAPSTER_OK) return cancelled();
    return {};
  }

  // Whether the source has been cancelled. Cheap.
  [[nodiscard]] bool is_cancelled() const { return host_->cancelled(host_->context) != 0; }

  // Adds to a counter in the summary of the run. Names are lower_snake_case, such as "requests".
  void count(std::string_view name, int64_t delta = 1) const {
    host_->count(host_->context, to_text(name), delta);
  }

  // Hides a secret that was learned at run time, such as an access token: the host replaces it with "***" in
  // log lines, errors and the summary. Call it before using the secret. Does nothing on a host of ABI 1.0.
  void secret(std::string_view text) const {
    if (TAPSTER_HAS(tapster_host, host_, secret)) host_->secret(host_->context, to_text(text));
  }

  // Keeps the new value of a setting for the next run: a credential that the source has replaced, such as a
  // refresh token that rotates. When it returns, the value is on disk. Call it before the value is used, and
  // if it fails return the error without using the value: the next run could not log in. To find out
  // beforehand whether a value can be kept, store the current one. On a host of ABI 1.0 it only warns.
  // Errors: config, if the user gave no place to keep the value or it cannot be written; internal, if `name`
  // is not a setting of type string.
  [[nodiscard]] Result<void> store(std::string_view name, std::string_view value) const {
    if (!TAPSTER_HAS(tapster_host, host_, store)) {
      warning("this version of the host cannot keep a new value of \"" + std::string(name) +
              "\" for the next run");
      return {};
    }
    tapster_error error{};
    error.struct_size = sizeof error;
    const auto status = host_->store(host_->context, to_text(name), to_text(value), &error);
    if (status == TAPSTER_OK) return {};
    return Failed(from_abi(status, error));
  }

 private:
  void log(tapster_log_level level, std::string_view message) const {
    host_->log(host_->context, level, to_text(message));
  }

  const tapster_host* host_;
};

}  // namespace tapster
