// Keeps track of the calls into connectors that are in progress. So an exit() inside a call cannot end the
// run with status 0 and no message, and a call that does not return can be named.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/log.hpp"

namespace tapster::host {

// A call into a connector.
struct Call {
  std::string_view connector, function;
  std::string_view stream = {}, slice = {};  // empty if the call is not about one
};

// "read for the stream s, slice {...}".
std::string describe(const Call& call);

// Registers a call on this thread until it is destroyed. Guards may nest: a sink may cancel the source. The
// texts must outlive the guard.
class CallGuard {
 public:
  explicit CallGuard(const Call& call);
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;
  ~CallGuard();

  // "the connector mail to return from read for the stream s, slice {...}", for each call in progress on any
  // thread.
  static std::vector<std::string> in_progress();

  // The innermost call on this thread; one without texts if there is none.
  static Call on_this_thread();

  // The log that gets the message; it must outlive every call.
  static void report_to(Log& reports);

  // Makes an exit() during a call end the process with Exit::failed and a message. Call it before a library
  // is loaded and again after: exit() runs the newest handler first, and ours must run before the library's
  // destructors.
  static void watch_exit();

 private:
  const Call call_;
  const Call* const outer_;  // this thread's call before
};

}  // namespace tapster::host
