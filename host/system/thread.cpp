#include "system/thread.hpp"

#include <fmt/format.h>

#include <system_error>

namespace tapster::host {

Outcome<std::thread> start_thread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& e) {
    return fail(Exit::failed,
                fmt::format("cannot start a thread: {} (check `ulimit -u` and the container's pids limit)",
                            e.code().message()));
  }
}

}  // namespace tapster::host
