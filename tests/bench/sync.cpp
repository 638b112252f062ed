#include <fmt/format.h>

#include "nginx.hpp"
#include "parts.hpp"
#include "program.hpp"
#include "recording.hpp"
#include "report.hpp"

namespace tapster::bench {

using namespace std::chrono_literals;

// All default streams, to a file.
void bench_sync(const Options& options) {
  Recording recording(options.is_smoke ? 500 : 100'000, options.is_smoke ? 3 : 60);
  const auto targets = recording.record({});
  const Nginx nginx(recording.files(), {0ms, 5ms});
  for (const auto latency : {0ms, 5ms}) {
    Rounds seconds;
    for (int i = 0; i < options.rounds(7); ++i) {
      const auto ours =
          run(recording.read(nginx.base_url(latency), {"--jobs", "4"}), recording.scratch("records"));
      const auto curl = run(recording.curl(nginx.base_url(latency), targets, 4), "/dev/null");
      seconds.add(ours.seconds, curl.seconds);
    }
    print_line(fmt::format("{} requests, {} ms a response", targets.size(), latency.count()), seconds, "s",
               "curl, 4 in parallel", latency == 5ms ? "1.3" : "");
  }
}

}  // namespace tapster::bench
