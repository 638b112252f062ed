// Runs that a server kills at a request.
#pragma once

#include <cstddef>
#include <functional>

#include "support/process.hpp"

namespace tapster::connectors {

// Runs the program to its end. `start` is called before that with a function that kills the run, which
// threads of a server may call at any time, also after this has returned.
Finished run_until_killed(const Arguments& arguments, const ProcessOptions& options,
                          const std::function<void(std::function<void()> kill)>& start);

// What a series of runs came to.
struct Killed {
  int runs = 0;   // that were killed
  Finished last;  // the run that was not
};

// Calls `run` with 1 and the numbers that `next` makes of each, until a run is not killed. The number is that
// of the request at which the run is killed.
Killed kill_at_requests(const std::function<Finished(std::size_t at)>& run,
                        const std::function<std::size_t(std::size_t at)>& next);

}  // namespace tapster::connectors
