#include <fmt/format.h>

#include <vector>

#include "nginx.hpp"
#include "parts.hpp"
#include "program.hpp"
#include "recording.hpp"
#include "report.hpp"

namespace tapster::bench {

using namespace std::chrono_literals;

// The pages of 1 million messages take 0.6 GB of the disk, those of 10 million 6 GB.
void bench_memory(const Options& options) {
  std::vector<int64_t> counts{10'000, 1'000'000};
  if (options.is_smoke) counts = {500};
  if (options.is_long) counts.push_back(10'000'000);
  for (const auto count : counts) {
    const Arguments one_stream{"--select", "messages_outbound"};
    Recording recording(count, 60);
    const auto targets = recording.record(one_stream);
    const Nginx nginx(recording.files(), {0ms});
    Rounds mebibytes;
    for (int i = 0; i < options.rounds(count > 1'000'000 ? 1 : 3); ++i) {
      const auto ours = run(recording.read(nginx.base_url(0ms), one_stream), "/dev/null", Measure::memory);
      const auto curl =
          run(recording.curl(nginx.base_url(0ms), {targets.back()}, 1), "/dev/null", Measure::memory);
      mebibytes.add(ours.peak_mebibytes, curl.peak_mebibytes);
    }
    print_line(fmt::format("peak memory at {} records", count), mebibytes, "MiB", "curl of one page",
               "32 MiB");
  }
}

}  // namespace tapster::bench
