// A host for tests. Its time advances only during sleeps, and it records logs, counters, secrets,
// stored settings and sleeps.
#pragma once

#include <tapster/connector.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <tapster/host.hpp>
#include <vector>

namespace tapster {

// Every member may be called from any thread. A sleep advances the time and returns immediately; with several
// threads, all sleeps add up.
class FakeHost {
 public:
  using Micros = std::chrono::microseconds;

  FakeHost() {
    table_.struct_size = sizeof table_;
    table_.abi_version = TAPSTER_ABI_VERSION;
    table_.context = this;
    table_.log = [](void* self, tapster_log_level level, tapster_text message) {
      auto& fake = of(self);
      const std::lock_guard lock(fake.mutex_);
      fake.logs_.push_back({level, std::string(to_view(message))});
    };
    table_.now = [](void* self) { return to_unix_micros(of(self).now()); };
    table_.monotonic = [](void* self) -> int64_t { return of(self).monotonic().count(); };
    table_.sleep = [](void* self, int64_t micros) { return of(self).sleep(Micros(micros)); };
    table_.cancelled = [](void* self) { return of(self).is_cancelled() ? 1 : 0; };
    table_.count = [](void* self, tapster_text name, int64_t delta) {
      auto& fake = of(self);
      const std::lock_guard lock(fake.mutex_);
      fake.counters_[std::string(to_view(name))] += delta;
    };
    table_.secret = [](void* self, tapster_text text) {
      auto& fake = of(self);
      const std::lock_guard lock(fake.mutex_);
      fake.secrets_.emplace_back(to_view(text));
    };
    table_.store = [](void* self, tapster_text name, tapster_text value, tapster_error* error) {
      auto& fake = of(self);
      const std::lock_guard lock(fake.mutex_);
      const auto stored = std::string(to_view(name)) + "=" + std::string(to_view(value));
      if (fake.stores_.size() == fake.most_stores_)
        return to_abi(config_error(stored.substr(0, stored.find('=')) + " cannot be kept").value(), error);
      fake.stores_.push_back(stored);
      return tapster_status{TAPSTER_OK};
    };
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const tapster_host* table() const { return &table_; }
  [[nodiscard]] Host host() const { return Host(&table_); }

  [[nodiscard]] Time now() const {
    const std::lock_guard lock(mutex_);
    return now_ + monotonic_;
  }
  // Sets the current time. The monotonic clock does not change.
  void set_now(Time now) {
    const std::lock_guard lock(mutex_);
    now_ = now - monotonic_;
  }
  [[nodiscard]] Micros monotonic() const {
    const std::lock_guard lock(mutex_);
    return monotonic_;
  }
  void advance(Micros time) {
    const std::lock_guard lock(mutex_);
    monotonic_ += time;
  }

  void cancel() {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
  }
  // Cancels inside the next sleep, before any time has passed.
  void cancel_in_sleep() {
    const std::lock_guard lock(mutex_);
    will_cancel_ = true;
  }
  [[nodiscard]] bool is_cancelled() const {
    const std::lock_guard lock(mutex_);
    return is_cancelled_;
  }

  struct Log {
    tapster_log_level level;
    std::string message;
  };
  [[nodiscard]] std::vector<Log> logs(tapster_log_level least = TAPSTER_LOG_DEBUG) const {
    const std::lock_guard lock(mutex_);
    std::vector<Log> found;
    std::copy_if(logs_.begin(), logs_.end(), std::back_inserter(found),
                 [&](const Log& log) { return log.level >= least; });
    return found;
  }
  // The secrets that were announced.
  [[nodiscard]] std::vector<std::string> secrets() const {
    const std::lock_guard lock(mutex_);
    return secrets_;
  }
  // The settings that were stored, "name=value".
  [[nodiscard]] std::vector<std::string> stores() const {
    const std::lock_guard lock(mutex_);
    return stores_;
  }
  // Lets every store after this many fail with a config error.
  void fail_stores_after(std::size_t count) {
    const std::lock_guard lock(mutex_);
    most_stores_ = count;
  }
  // Becomes a host of ABI 1.0.
  void become_old() { table_.struct_size = offsetof(tapster_host, secret); }
  // The duration of every sleep.
  [[nodiscard]] std::vector<Micros> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }
  [[nodiscard]] int64_t counter(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = counters_.find(name);
    return found == counters_.end() ? 0 : found->second;
  }

 private:
  static FakeHost& of(void* self) { return *static_cast<FakeHost*>(self); }

  tapster_status sleep(Micros time) {
    const std::lock_guard lock(mutex_);
    sleeps_.push_back(time);
    if (will_cancel_) is_cancelled_ = true;
    if (is_cancelled_) return TAPSTER_CANCELLED;
    monotonic_ += std::max(time, Micros(0));
    return TAPSTER_OK;
  }

  tapster_host table_{};
  mutable std::mutex mutex_;
  Time now_{std::chrono::sys_days{std::chrono::year(2026) / 1 / 31}};  // at monotonic zero
  Micros monotonic_{0};
  bool is_cancelled_ = false;
  bool will_cancel_ = false;
  std::vector<Log> logs_;
  std::vector<std::string> secrets_;
  std::vector<std::string> stores_;
  std::size_t most_stores_ = SIZE_MAX;
  std::vector<Micros> sleeps_;
  std::map<std::string, int64_t> counters_;
};

}  // namespace tapster
