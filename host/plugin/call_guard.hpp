// Detects a connector that ends the process: exit() inside a call would otherwise end the run with status 0,
// without its records and without a message.
#pragma once

#include <string_view>

#include "report/log.hpp"

namespace tapster::host {

// Marks a call into a connector on this thread for as long as it lives; calls do not nest. The texts outlive
// it.
class CallGuard {
 public:
  CallGuard(std::string_view connector, std::string_view function, std::string_view stream = {},
            std::string_view slice = {});
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;
  ~CallGuard();

  // The log that gets the message; it must outlive every call.
  static void report_to(Log& reports);

  // Makes an exit() during a call end the process with Exit::failed and a message. Call it before a library
  // is loaded and again after: exit() runs the newest handler first, and ours has to run before the library's
  // destructors.
  static void watch_exit();
};

}  // namespace tapster::host
