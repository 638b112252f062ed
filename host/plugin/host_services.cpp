#include "plugin/host_services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <tapster/error.hpp>
#include <utility>

#include "plugin/call_guard.hpp"

namespace tapster::host {

namespace {

HostServices& services(void* context) {
  return *static_cast<HostServices*>(context);
}

extern "C" {

void host_log(void* context, tapster_log_level level, tapster_text message) noexcept {
  services(context).write_log(level, to_view(message));
}

int64_t host_now(void* context) noexcept {
  return to_unix_micros(services(context).clock().now());
}

int64_t host_monotonic(void* context) noexcept {
  return services(context).clock().monotonic().count();
}

tapster_status host_sleep(void* context, int64_t microseconds) noexcept {
  return services(context).sleep(std::chrono::microseconds(microseconds)) ? TAPSTER_OK : TAPSTER_CANCELLED;
}

int32_t host_cancelled(void* context) noexcept {
  return services(context).is_cancelled() ? 1 : 0;
}

void host_count(void* context, tapster_text name, int64_t delta) noexcept {
  services(context).count(to_view(name), delta);
}

void host_secret(void* context, tapster_text text) noexcept {
  services(context).hide(to_view(text));
}

tapster_status host_store(void* context, tapster_text name, tapster_text value,
                          tapster_error* error) noexcept {
  try {
    const auto stored = services(context).store(to_view(name), to_view(value));
    return stored ? TAPSTER_OK : to_abi(stored.error(), error);
  } catch (const std::exception& e) {
    return to_abi(Error{Status::internal, e.what(), 0, std::nullopt}, error);
  }
}

tapster_status host_start_request(void* context) noexcept {
  return services(context).start_request() ? TAPSTER_OK : TAPSTER_CANCELLED;
}

}  // extern "C"

}  // namespace

HostServices::HostServices(Clock& clock, Log& log, std::string connector_name)
    : clock_(clock), log_(log), connector_name_(std::move(connector_name)), late_calls_(log) {
  table_.struct_size = sizeof table_;
  table_.abi_version = TAPSTER_ABI_VERSION;
  table_.context = this;
  table_.log = host_log;
  table_.now = host_now;
  table_.monotonic = host_monotonic;
  table_.sleep = host_sleep;
  table_.cancelled = host_cancelled;
  table_.count = host_count;
  table_.secret = host_secret;
  table_.store = host_store;
  table_.start_request = host_start_request;
}

void HostServices::set_cancelled() {
  cancelled_.store(true);
  late_calls_.watch();
}

void HostServices::write_log(tapster_log_level level, std::string_view message) {
  const auto known = std::clamp<tapster_log_level>(level, TAPSTER_LOG_DEBUG, TAPSTER_LOG_ERROR);
  const auto call = CallGuard::on_this_thread();
  const bool is_opening = call.function == "open" || call.function == "discover";
  const bool is_demoted = is_opening_quiet_ && is_opening && known == TAPSTER_LOG_INFO;
  log_.write(is_demoted ? Level::debug : static_cast<Level>(known), connector_name_, call.stream, message,
             {.slice = call.slice});
}

void HostServices::hide(std::string_view secret) {
  log_.hide(secret);
}

Result<void> HostServices::store(std::string_view name, std::string_view value) {
  hide(value);
  if (store_) return store_(name, value);
  return internal_error(
      fmt::format("cannot keep the new value of \"{}\": this command stores no credentials", name));
}

bool HostServices::sleep(std::chrono::microseconds time) {
  constexpr std::chrono::microseconds longest = std::chrono::hours(24 * 366);
  clock_.sleep(std::min(time, longest), [this] { return is_cancelled(); });
  return !is_cancelled();
}

// The time to the next request counts from when this one could start, not from when it should have: requests
// that start late are not followed by others that start early. After a cancel, the thread that waits returns
// at once, and so do those that wait for `turn_`, one after the other.
bool HostServices::start_request() {
  if (request_interval_.count() == 0) return !is_cancelled();
  const std::lock_guard lock(turn_);
  const auto now = clock_.monotonic();
  if (now < next_request_ && !sleep(next_request_ - now)) return false;
  next_request_ = clock_.monotonic() + request_interval_;
  return !is_cancelled();
}

void HostServices::count(std::string_view name, int64_t delta) {
  const std::lock_guard lock(mutex_);
  auto counter = counters_.find(name);
  if (counter == counters_.end()) counter = counters_.emplace(name, 0).first;
  // Wraps around: an overflow is the connector's bug, and must not be undefined behaviour here.
  (void)__builtin_add_overflow(counter->second, delta, &counter->second);
}

std::map<std::string, int64_t> HostServices::counters() const {
  const std::lock_guard lock(mutex_);
  return {counters_.begin(), counters_.end()};
}

}  // namespace tapster::host
