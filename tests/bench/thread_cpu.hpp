// The CPU time of this thread, which other programs on a shared machine lengthen less than the time on the
// wall.
#pragma once

#include <ctime>

namespace tapster::bench {

// The seconds of CPU that `work` takes on this thread.
template <class Work>
double thread_cpu(const Work& work) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  const auto began = now();
  work();
  return now() - began;
}

}  // namespace tapster::bench
