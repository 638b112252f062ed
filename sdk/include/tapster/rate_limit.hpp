// A rate limiter for all threads of a client, which adapts to "too many requests" responses, and obeys the
// user's own limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <tapster/error.hpp>
#include <tapster/host.hpp>

namespace tapster {

// Decides when the next request may start. At first only the user's limit applies; the host enforces it for
// all limiters of the source together. When the source rejects a request as one too many, all threads pause;
// then requests start one after the other, at half the recent rate. Successes raise the rate: to the rejected
// rate within 128 of them or twenty seconds. At twice the rejected rate the limit is lifted. The slower of
// the two limits applies. Every member may be called from any thread.
class RateLimiter {
 public:
  explicit RateLimiter(Host host) : host_(host) {}

  // Waits until the next request may start. Errors: cancelled.
  Result<void> acquire();

  // Call this after a request that succeeded.
  void succeeded();

  // Call this after a request that was rejected as one too many. No request starts before `pause` has passed.
  void limited(std::chrono::microseconds pause);

  // Call this when the source says that it takes no request before this time has passed. The rate stays.
  void pause(std::chrono::microseconds time);

  // The current time between two requests, as the responses have it; zero without a limit.
  [[nodiscard]] std::chrono::microseconds interval() const;

 private:
  using Micros = std::chrono::microseconds;

  void count_request(Micros now);
  void pause_until(Micros resume);
  [[nodiscard]] double recent_pace(Micros now) const;
  [[nodiscard]] Micros current_interval() const;

  Host host_;
  mutable std::mutex mutex_;
  double pace_ = 0;          // requests a second; 0 for no limit
  double refused_pace_ = 0;  // the rate that the source rejected
  Micros raised_{0};         // when a success last raised the rate
  Micros next_{0};           // when the next request may start
  Micros paused_until_{0};   // no request starts before this
  Micros grace_ends_{0};     // rejections until then count as one
  uint64_t pauses_ = 0;      // changes with each pause, which makes earlier start times invalid
  // Requests are counted in windows of a few seconds: the current one and the one before it.
  Micros window_start_{0};
  Micros previous_start_{0};
  int64_t window_count_ = 0;
  int64_t previous_count_ = 0;
};

}  // namespace tapster
