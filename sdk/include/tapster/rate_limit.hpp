// How fast a source may be asked: one limiter for all of its threads, that learns from "too many requests".
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <tapster/error.hpp>
#include <tapster/host.hpp>

namespace tapster {

// Hands out the moments at which requests may begin. At first there is no limit. When the source answers that
// it was too much, all requests pause, and then begin one after the other at half the pace of the last
// seconds. Each success makes the pace faster by the same small step, until it is twice the one that was too
// fast: then there is no limit again. Every member may be called from any thread.
class RateLimiter {
 public:
  explicit RateLimiter(Host host) : host_(host) {}

  // Waits for the next moment. The error is `cancelled`.
  Result<void> acquire();

  // A request was answered.
  void succeeded();

  // A request was refused as one too many: nobody asks again before `pause` has passed.
  void limited(std::chrono::microseconds pause);

  // The time between two requests now; zero where there is no limit.
  [[nodiscard]] std::chrono::microseconds interval() const;

 private:
  using Micros = std::chrono::microseconds;

  void count_request(Micros now);
  [[nodiscard]] double recent_pace(Micros now) const;
  [[nodiscard]] Micros current_interval() const;

  Host host_;
  mutable std::mutex mutex_;
  double pace_ = 0;          // requests a second; 0 is no limit
  double refused_pace_ = 0;  // the pace that was too fast
  Micros next_{0};           // the next moment to be handed out
  Micros paused_until_{0};   // no request before this
  Micros lesson_ends_{0};    // refusals until then are the same lesson
  uint64_t lessons_ = 0;     // moments handed out before the latest one are void
  // Requests are counted in windows of some seconds; the current one and the one before it are remembered.
  Micros window_start_{0};
  Micros previous_start_{0};
  int64_t window_count_ = 0;
  int64_t previous_count_ = 0;
};

}  // namespace tapster
