#include "system/clock.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace tapster::host {

namespace {

using std::chrono::microseconds;

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] microseconds monotonic() const override {
    return std::chrono::floor<microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  }
  void sleep(microseconds time, const std::function<bool()>& stop) override {
    constexpr microseconds longest_nap(50'000);
    const auto end = monotonic() + time;
    for (auto left = time; left.count() > 0 && !stop(); left = end - monotonic()) {
      std::this_thread::sleep_for(std::min(left, longest_nap));
    }
  }
};

class FixedClock final : public Clock {
 public:
  explicit FixedClock(Time start) : start_(start) {}

  [[nodiscard]] Time now() const override { return start_ + monotonic(); }
  [[nodiscard]] microseconds monotonic() const override { return microseconds(slept_.load()); }
  void sleep(microseconds time, const std::function<bool()>& stop) override {
    if (stop()) return;
    // Threads that sleep at the same time advance the clock once, not by the sum of their times.
    auto now = slept_.load();
    const auto end = now + time.count();
    while (now < end && !slept_.compare_exchange_weak(now, end)) {
    }
  }

 private:
  const Time start_;
  std::atomic<int64_t> slept_ = 0;
};

}  // namespace

std::unique_ptr<Clock> system_clock() {
  return std::make_unique<SystemClock>();
}

std::unique_ptr<Clock> fixed_clock(Time start) {
  return std::make_unique<FixedClock>(start);
}

}  // namespace tapster::host
