#include "program.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

namespace tapster::bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// What the children that have ended used. A server that still runs is not among them.
rusage of_children() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return usage;
}

}  // namespace

Ran run(const Arguments& words, const std::filesystem::path& output, Measure measure) {
  const auto before = of_children();
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  const bool reads = measure == Measure::first_record;
  Process process(words.front(), {words.begin() + 1, words.end()},
                  {.output_file = reads ? std::filesystem::path() : output, .has_pipe = reads});
  Ran ran;
  for (auto line = reads ? process.line() : ""; !line.empty(); line = process.line()) {
    if (line.find("\"RECORD\"") == std::string::npos) continue;
    ran.first_record = elapsed();
    return ran;
  }
  // Sampled while it runs: the figure of getrusage includes the memory that the child had of this process
  // until its exec.
  while (measure == Measure::memory && !process.ends_within(std::chrono::milliseconds(2)))
    ran.peak_mebibytes = std::max(ran.peak_mebibytes, peak_memory(process.id()));
  const auto finished = process.wait();
  ran.seconds = elapsed();
  const auto after = of_children();
  ran.user = seconds(after.ru_utime) - seconds(before.ru_utime);
  ran.system = seconds(after.ru_stime) - seconds(before.ru_stime);
  if (finished.exit != 0)
    throw std::runtime_error(fmt::format("{} failed\n{}", fmt::join(words, " "), finished.err));
  ran.err = finished.err;
  return ran;
}

}  // namespace tapster::bench
