// Watches how fast a response arrives: when to log it as slow, and when to abort it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tapster {

// When a response counts as slow.
struct SlowAnswers {
  std::size_t lowest_rate = 500;  // bytes a second; a response that is slower for a full window is aborted
  std::chrono::milliseconds window{60'000};
  // A response that takes longer is logged, and again each time that its duration has doubled.
  std::chrono::milliseconds log_after{30'000};
};

// The pace of one transfer. Uses the machine's clock: transfers happen in real time even if a test sets the
// host's clock.
class Pace {
 public:
  explicit Pace(const SlowAnswers& slow)
      : slow_(slow), next_log_(std::max(slow.log_after, std::chrono::milliseconds(1))) {}

  // Call this regularly with the bytes received so far. Returns false if a window received too few. The time
  // before the first byte does not count.
  bool update(int64_t received) {
    const auto now = Clock::now();
    if (received == 0 || received_ == 0) begin_window(now, received);
    if (received != received_) changed_ = now;
    received_ = received;
    const auto time = now - window_start_;
    if (time < slow_.window) return true;
    const auto bytes = static_cast<double>(received - window_received_);
    if (bytes < static_cast<double>(slow_.lowest_rate) * seconds(time)) return false;
    begin_window(now, received);
    return true;
  }

  // Leaves out the time between its construction and its destruction, in which nothing could arrive.
  class Pause {
   public:
    explicit Pause(Pace& pace) : pace_(pace) {}
    ~Pause() {
      const auto now = Clock::now();
      pace_.start_ += now - began_;
      pace_.window_start_ += now - began_;
      pace_.changed_ = now;
    }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Pace& pace_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  };

  // The time since something arrived, or since the start.
  [[nodiscard]] std::chrono::steady_clock::duration idle() const { return Clock::now() - changed_; }

  // Whether it is time for the next log line about this transfer.
  bool is_due() {
    if (elapsed() < next_log_) return false;
    while (next_log_ <= elapsed()) next_log_ *= 2;
    return true;
  }

  [[nodiscard]] std::string so_far() const {
    return fmt::format("{} bytes after {:.0f} s", received_, seconds(elapsed()));
  }
  [[nodiscard]] std::string failure() const {
    return fmt::format("the response is too slow: {} bytes in the last {:.0f} s, less than {} bytes a second",
                       received_ - window_received_, seconds(Clock::now() - window_start_),
                       slow_.lowest_rate);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }
  [[nodiscard]] Clock::duration elapsed() const { return Clock::now() - start_; }
  void begin_window(Clock::time_point now, int64_t received) {
    window_start_ = now;
    window_received_ = received;
  }

  SlowAnswers slow_;
  std::chrono::milliseconds next_log_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point window_start_ = start_;
  Clock::time_point changed_ = start_;
  int64_t received_ = 0;
  int64_t window_received_ = 0;
};

}  // namespace tapster
