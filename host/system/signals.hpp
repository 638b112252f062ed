// SIGINT, SIGTERM and SIGHUP: the first asks the run to stop, the second ends the process, unless it is a
// SIGHUP. One that is ignored, as under nohup, stays so.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "system/exit_code.hpp"

namespace tapster::host {

// Ends the process as the signal does by default, so that its parent sees a process that the signal
// ended: a shell shows 128 + its number, and a loop in a script ends too. The first process of a container,
// which no signal ends, exits with that number instead.
[[noreturn]] void die_of(int signal);

// Takes the signals for as long as it lives. Make it before any thread is started: threads inherit that
// they are blocked, so a thread of its own gets them, and nothing happens inside a signal handler. One at a
// time in a process.
class StopSignals {
 public:
  // A failure, of the machine, says what it has too little of.
  static Outcome<std::unique_ptr<StopSignals>> start();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  // What the first signal calls, on the signals' own thread; at once if it has come already. While there is
  // nothing to call, a signal ends the process. Once this has returned the earlier function is not running
  // and will not be called. Null takes it away.
  void on_stop(std::function<void()> stop);

  // The number of the signal that came; 0 for none. [any thread]
  [[nodiscard]] int received() const { return received_.load(); }

 private:
  StopSignals();
  void wait();

  int signals_;  // a signalfd; negative where there is none
  int end_;      // an eventfd that ends the thread; the same
  std::atomic<int> received_ = 0;
  std::mutex mutex_;
  std::function<void()> stop_;
  std::thread thread_;
};

// The process group that dies with us: where a signal ends the process, as above, the group is killed first.
// 0 for none, as at the beginning. [any thread]
void kill_with_us(pid_t group);

// While the lock is held no signal ends the process: from before a group is started until kill_with_us knows
// it.
[[nodiscard]] std::unique_lock<std::mutex> hold_off_death();

}  // namespace tapster::host
