#include "kills.hpp"

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include "paths.hpp"

namespace tapster::connectors {

Finished run_until_killed(const Arguments& arguments, const ProcessOptions& options,
                          const std::function<void(std::function<void()> kill)>& start) {
  const auto program = std::make_shared<std::atomic<pid_t>>(0);
  start([program] {
    // The request may come before the start has returned.
    while (*program == 0) std::this_thread::yield();
    ::kill(*program, SIGKILL);
  });
  Process process(paths::tapster, arguments, options);
  *program = process.id();
  return process.wait();
}

Killed kill_at_requests(const std::function<Finished(std::size_t at)>& run,
                        const std::function<std::size_t(std::size_t at)>& next) {
  constexpr std::size_t most = 400;
  Killed killed;
  for (std::size_t at = 1; at < most; at = next(at)) {
    killed.last = run(at);
    if (killed.last.exit != 128 + SIGKILL) break;
    ++killed.runs;
  }
  return killed;
}

}  // namespace tapster::connectors
