// How fast an answer arrives: when it is worth a line in the log, and when it is given up.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tapster {

struct SlowAnswers {
  std::size_t lowest_rate = 500;  // bytes a second; an answer that is slower for a whole window is given up
  std::chrono::milliseconds window{60'000};
  // An answer that takes longer is logged, and again when it has taken twice as long.
  std::chrono::milliseconds log_after{30'000};
};

// The pace of one transfer, in the machine's time, as a transfer is real even where the host's clock is not.
class Pace {
 public:
  explicit Pace(const SlowAnswers& slow)
      : slow_(slow), next_log_(std::max(slow.log_after, std::chrono::milliseconds(1))) {}

  // To be called again and again with the bytes so far. False where a window brought too few; the time before
  // the first byte does not count.
  bool update(int64_t received) {
    const auto now = Clock::now();
    if (received == 0 || received_ == 0) begin_window(now, received);
    received_ = received;
    const auto time = now - window_start_;
    if (time < slow_.window) return true;
    const auto bytes = static_cast<double>(received - window_received_);
    if (bytes < static_cast<double>(slow_.lowest_rate) * seconds(time)) return false;
    begin_window(now, received);
    return true;
  }

  // Whether it is time for another line about this transfer.
  bool is_due() {
    if (elapsed() < next_log_) return false;
    while (next_log_ <= elapsed()) next_log_ *= 2;
    return true;
  }

  [[nodiscard]] std::string so_far() const {
    return fmt::format("{} bytes after {:.0f} s", received_, seconds(elapsed()));
  }
  [[nodiscard]] std::string failure() const {
    return fmt::format("the answer is too slow: {} bytes in the last {:.0f} s, less than {} bytes a second",
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
  int64_t received_ = 0;
  int64_t window_received_ = 0;
};

}  // namespace tapster
