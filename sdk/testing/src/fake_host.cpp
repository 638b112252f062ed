#include <tapster/testing/fake_host.hpp>

#include <algorithm>
#include <iterator>

namespace tapster {

namespace {

FakeHost& of(void* self) {
  return *static_cast<FakeHost*>(self);
}

}  // namespace

FakeHost::FakeHost() {
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
    return of(self).store(to_view(name), to_view(value), error);
  };
  table_.start_request = [](void* self) { return of(self).start_request(); };
}

Time FakeHost::now() const {
  const std::lock_guard lock(mutex_);
  return is_held_ ? now_ : now_ + monotonic_;
}

void FakeHost::set_now(FineTime now) {
  const std::lock_guard lock(mutex_);
  now_ = std::chrono::floor<Micros>(now) - monotonic_;
  is_held_ = false;
}

void FakeHost::hold_now(FineTime now) {
  const std::lock_guard lock(mutex_);
  now_ = std::chrono::floor<Micros>(now);
  is_held_ = true;
}

FakeHost::Micros FakeHost::monotonic() const {
  const std::lock_guard lock(mutex_);
  return monotonic_;
}

void FakeHost::advance(Micros time) {
  const std::lock_guard lock(mutex_);
  monotonic_ += time;
}

void FakeHost::cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
}

void FakeHost::cancel_in_sleep() {
  const std::lock_guard lock(mutex_);
  will_cancel_ = true;
}

bool FakeHost::is_cancelled() const {
  const std::lock_guard lock(mutex_);
  return is_cancelled_;
}

std::vector<FakeHost::Log> FakeHost::logs(tapster_log_level least) const {
  const std::lock_guard lock(mutex_);
  std::vector<Log> found;
  std::copy_if(logs_.begin(), logs_.end(), std::back_inserter(found),
               [&](const Log& log) { return log.level >= least; });
  return found;
}

std::vector<std::string> FakeHost::secrets() const {
  const std::lock_guard lock(mutex_);
  return secrets_;
}

std::vector<std::string> FakeHost::stores() const {
  const std::lock_guard lock(mutex_);
  return stores_;
}

std::string FakeHost::stored(std::string_view name) const {
  const auto prefix = std::string(name) + "=";
  const auto all = stores();
  const auto found = std::find_if(all.rbegin(), all.rend(),
                                  [&](const std::string& store) { return store.starts_with(prefix); });
  return found == all.rend() ? "" : found->substr(prefix.size());
}

void FakeHost::fail_stores_after(std::size_t count) {
  const std::lock_guard lock(mutex_);
  most_stores_ = count;
}

void FakeHost::limit_requests(Micros interval) {
  const std::lock_guard lock(mutex_);
  request_interval_ = interval;
}

std::vector<FakeHost::Micros> FakeHost::request_starts() const {
  const std::lock_guard lock(mutex_);
  return request_starts_;
}

std::vector<FakeHost::Micros> FakeHost::sleeps() const {
  const std::lock_guard lock(mutex_);
  return sleeps_;
}

int64_t FakeHost::counter(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = counters_.find(name);
  return found == counters_.end() ? 0 : found->second;
}

tapster_status FakeHost::sleep(Micros time) {
  const std::lock_guard lock(mutex_);
  sleeps_.push_back(time);
  if (will_cancel_) is_cancelled_ = true;
  if (is_cancelled_) return TAPSTER_CANCELLED;
  monotonic_ += std::max(time, Micros(0));
  return TAPSTER_OK;
}

tapster_status FakeHost::start_request() {
  const std::lock_guard lock(mutex_);
  const auto next = request_starts_.empty() ? monotonic_ : request_starts_.back() + request_interval_;
  if (next > monotonic_ && will_cancel_) is_cancelled_ = true;
  if (is_cancelled_) return TAPSTER_CANCELLED;
  monotonic_ = std::max(monotonic_, next);
  request_starts_.push_back(monotonic_);
  return TAPSTER_OK;
}

tapster_status FakeHost::store(std::string_view name, std::string_view value, tapster_error* error) {
  const std::lock_guard lock(mutex_);
  if (stores_.size() == most_stores_)
    return to_abi(config_error(std::string(name) + " cannot be kept").value(), error);
  stores_.push_back(std::string(name) + "=" + std::string(value));
  return TAPSTER_OK;
}

}  // namespace tapster
