// After a cancel, names the calls into connectors that do not return.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "report/log.hpp"

namespace tapster::host {

class LateCalls {
 public:
  explicit LateCalls(Log& log, std::chrono::milliseconds patience = std::chrono::seconds(5));
  LateCalls(const LateCalls&) = delete;
  LateCalls& operator=(const LateCalls&) = delete;
  // Ends the wait.
  ~LateCalls();

  // Starts a thread that waits for `patience`, then logs a warning for each call still in progress. Later
  // calls do nothing. [any thread]
  void watch();

 private:
  void wait_and_report();

  Log& log_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_started_ = false, is_ended_ = false;
  std::thread thread_;
};

}  // namespace tapster::host
