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
  // Waits, or returns early (soon, not at once) when `stop` answers true. `stop` is called from this thread.
  virtual void sleep(std::chrono::microseconds time, const std::function<bool()>& stop) = 0;
};

// The machine's clock.
std::unique_ptr<Clock> system_clock();

// A clock that stands at `start` and moves only when somebody sleeps, which takes no time: retries and waits
// run at once. The environment variable TAPSTER_NOW (RFC 3339) chooses it.
std::unique_ptr<Clock> fixed_clock(Time start);

}  // namespace tapster::host
