#include <fmt/format.h>

#include <string>
#include <vector>

#include "nginx.hpp"
#include "parts.hpp"
#include "program.hpp"
#include "recording.hpp"
#include "report.hpp"

namespace tapster::bench {

using namespace std::chrono_literals;

// All default streams.
void bench_latency(const Options& options) {
  Recording recording(options.is_smoke ? 500 : 20'000, 14);
  const auto targets = recording.record({});
  std::vector<std::chrono::milliseconds> latencies{0ms, 50ms, 200ms};
  std::vector<int> all_jobs{1, 4, 16, 64};
  if (options.is_smoke) {
    latencies = {0ms, 1ms};
    all_jobs = {4, 64};
  }
  const Nginx nginx(recording.files(), latencies);
  print_note(fmt::format("{} requests; nginx waits before each response", targets.size()));
  for (const auto latency : latencies) {
    for (const auto jobs : all_jobs) {
      const bool takes_long = jobs == 1 && latency > 0ms;
      Rounds seconds;
      for (int i = 0; i < (takes_long ? 1 : options.rounds(3)); ++i) {
        const auto curl = run(recording.curl(nginx.base_url(latency), targets, jobs), "/dev/null").seconds;
        const auto words = recording.read(nginx.base_url(latency), {"--jobs", std::to_string(jobs)});
        seconds.add(run(words, "/dev/null").seconds, curl);
      }
      print_line(fmt::format("{} ms a response, --jobs {}", latency.count(), jobs), seconds, "s",
                 fmt::format("curl, {} in parallel", jobs));
    }
  }
}

}  // namespace tapster::bench
