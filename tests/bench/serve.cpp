#include <fmt/format.h>

#include <cstdio>

#include "nginx.hpp"
#include "parts.hpp"
#include "recording.hpp"

namespace tapster::bench {

using namespace std::chrono_literals;

void serve(const Options& options) {
  Recording recording(options.is_smoke ? 1'000 : 200'000, 30);
  const auto targets = recording.record(one_stream);
  recording.record({});
  const Nginx nginx(recording.files(), {0ms, 50ms});
  for (const auto latency : {0ms, 50ms}) {
    const auto& base_url = nginx.base_url(latency);
    fmt::print("{} ms a response:\n  {} > /dev/null\n  {} > /dev/null\n  {}\n", latency.count(),
               fmt::join(recording.read(base_url, one_stream), " "),
               fmt::join(recording.read(base_url, {}), " "),
               fmt::join(recording.curl(base_url, targets, 4), " "));
  }
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

}  // namespace tapster::bench
