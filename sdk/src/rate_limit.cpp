// `next_` is when the next request may start. `acquire` reserves that moment for its caller, moves `next_` on
// by the current interval, and sleeps until the reserved moment. Then it waits until the host starts the
// request, which is later if the user's limit is slower. A rejection (`limited`) starts a pause: `next_`
// becomes the end of the pause, and `pauses_` increases, so that each thread that waits since an earlier
// moment reserves a new one. `mutex_` protects all members, and is not held during a wait.
#include <algorithm>
#include <tapster/rate_limit.hpp>

namespace tapster {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::microseconds window = 5s;
// Requests that were in progress together are rejected together: rejections within this time count as one.
constexpr std::chrono::microseconds grace = 1s;
constexpr double slowest_pace = 0.1;
constexpr double fastest_pace = 500;  // above this, there is no limit
// What raises the rate from half the rejected rate to the rejected rate: this many successes, or successes
// for this long. Without the time, a source that rejects some requests whatever the rate is would be read at
// the slowest pace.
constexpr int successes_to_refused_pace = 128;
constexpr std::chrono::microseconds time_to_refused_pace = 20s;

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Result<void> RateLimiter::acquire() {
  while (true) {
    const auto now = host_.monotonic();
    Micros moment;
    uint64_t pauses = 0;
    {
      const std::lock_guard lock(mutex_);
      moment = std::max({now, next_, paused_until_});
      next_ = moment + current_interval();
      pauses = pauses_;
    }
    if (moment > now) {
      auto slept = host_.sleep(moment - now);
      if (!slept) return slept;
    }
    auto started = host_.start_request();
    if (!started) return started;
    if (host_.is_cancelled()) return cancelled();
    const std::lock_guard lock(mutex_);
    if (pauses == pauses_) {
      count_request(std::max(moment, host_.monotonic()));
      return {};
    }
    // Another pause started meanwhile, so the reserved moment is too early.
  }
}

void RateLimiter::succeeded() {
  const auto now = host_.monotonic();
  const std::lock_guard lock(mutex_);
  if (pace_ == 0) return;
  const auto passed = seconds(now - std::max(raised_, paused_until_)) / seconds(time_to_refused_pace);
  pace_ += refused_pace_ / 2 * std::clamp(passed, 1.0 / successes_to_refused_pace, 1.0);
  raised_ = now;
  if (pace_ >= std::min(2 * refused_pace_, fastest_pace)) pace_ = 0;
}

void RateLimiter::limited(std::chrono::microseconds pause) {
  const auto now = host_.monotonic();
  const std::lock_guard lock(mutex_);
  const auto resume = now + pause;
  if (now >= grace_ends_) {
    refused_pace_ = recent_pace(now);
    if (pace_ > 0) refused_pace_ = std::min(refused_pace_, pace_);
    pace_ = std::clamp(refused_pace_ / 2, slowest_pace, fastest_pace / 2);
    refused_pace_ = 2 * pace_;
    raised_ = now;
    grace_ends_ = now + grace;
  }
  pause_until(resume);
  grace_ends_ = std::max(grace_ends_, paused_until_);
}

void RateLimiter::pause(std::chrono::microseconds time) {
  const auto now = host_.monotonic();
  const std::lock_guard lock(mutex_);
  pause_until(now + time);
}

// All reserved moments become invalid: threads that wait for one reserve a new one after the pause.
void RateLimiter::pause_until(Micros resume) {
  if (resume <= paused_until_) return;
  paused_until_ = resume;
  next_ = resume;
  ++pauses_;
}

std::chrono::microseconds RateLimiter::interval() const {
  const std::lock_guard lock(mutex_);
  return current_interval();
}

void RateLimiter::count_request(Micros now) {
  if (now >= window_start_ + window) {
    previous_count_ = now < window_start_ + 2 * window ? window_count_ : 0;
    previous_start_ = window_start_;
    window_count_ = 0;
    window_start_ = now;
  }
  ++window_count_;
}

// The rate over the last one or two windows, in requests a second. A burst that lasted less than a second
// counts as if it had taken one.
double RateLimiter::recent_pace(Micros now) const {
  const auto time = now - (previous_count_ > 0 ? previous_start_ : window_start_);
  return static_cast<double>(window_count_ + previous_count_) / std::max(seconds(time), 1.0);
}

std::chrono::microseconds RateLimiter::current_interval() const {
  return pace_ == 0 ? 0us : Micros(static_cast<int64_t>(1e6 / pace_));
}

}  // namespace tapster
