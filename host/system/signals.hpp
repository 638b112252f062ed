// SIGINT, SIGTERM and SIGHUP: the first one stops the run, the second one ends the process, unless it is
// SIGHUP. A signal that is ignored, as under nohup, stays ignored.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "system/exit_code.hpp"

namespace tapster::host {

// Ends the process by the signal's default action, so that its parent sees that a signal ended it: a shell
// shows 128 + its number, and a loop in a script ends too. The first process of a container, which no signal
// ends, exits with that number instead.
[[noreturn]] void die_of(int signal);

// Receives the signals until it is destroyed. Create it before any thread is started: threads inherit the
// blocked signals, so only this object's own thread gets them, and no code runs in a signal handler. One at a
// time per process.
class StopSignals {
 public:
  // The failure (Exit::failed) says which resource the machine lacks.
  static Outcome<std::unique_ptr<StopSignals>> start();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  // Sets the function that the first signal calls, on this object's thread; at once if a signal has come
  // already. Without a function, a signal ends the process. Once this has returned, the previous function is
  // not running and will not be called. Null removes the function.
  void on_stop(std::function<void()> stop);

  // The number of the signal that came; 0 for none. [any thread]
  [[nodiscard]] int received() const { return received_.load(); }

 private:
  StopSignals();
  void wait();

  int signals_;  // a signalfd; negative if there is none
  int end_;      // an eventfd that ends the thread; the same
  std::atomic<int> received_ = 0;
  std::mutex mutex_;
  std::function<void()> stop_;
  std::thread thread_;
};

// The number of the signal that came to any StopSignals of this process; 0 for none. A run may have ended
// before the signal could stop it. [any thread]
int stop_signal();

// Sets the process group that die_of kills before it ends this process; 0 for none, as at the start. [any
// thread]
void kill_with_us(pid_t group);

// While the lock is held, no signal ends the process. Hold it from before a process group is started until
// kill_with_us has been called.
[[nodiscard]] std::unique_lock<std::mutex> hold_off_death();

}  // namespace tapster::host
