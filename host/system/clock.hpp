// The time, as one small interface: the machine's, or one that tests and backfills set.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <tapster/time.hpp>

namespace tapster::host {

// Safe to use from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
  // Never goes back; from an arbitrary start.
  [[nodiscard]] virtual std::chrono::microseconds monotonic() const = 0;
  // Waits, or returns early, soon after `stop` becomes true. `stop` is called on this thread.
  virtual void sleep(std::chrono::microseconds time, const std::function<bool()>& stop) = 0;
};

// The machine's clock.
std::unique_ptr<Clock> system_clock();

// A clock that begins at `start` and advances only by sleep(), which returns at once: retries and waits take
// no time. The environment variable TAPSTER_NOW (RFC 3339) selects it.
std::unique_ptr<Clock> fixed_clock(Time start);

}  // namespace tapster::host
