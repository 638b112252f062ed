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

namespace {

void bench_jobs(const Recording& recording, const Nginx& nginx, const std::string& page, int64_t records,
                int jobs, int rounds) {
  auto more = one_stream;
  more.insert(more.end(), {"--jobs", std::to_string(jobs)});
  Rounds mebibytes;
  for (int i = 0; i < rounds; ++i) {
    const auto ours = run(recording.read(nginx.base_url(0ms), more), "/dev/null", Measure::memory);
    const auto curl = run(recording.curl(nginx.base_url(0ms), {page}, 1), "/dev/null", Measure::memory);
    mebibytes.add(ours.peak_mebibytes, curl.peak_mebibytes);
  }
  print_line(fmt::format("peak memory at {} records, --jobs {}", records, jobs), mebibytes, "MiB",
             "curl of one page", jobs > 4 ? "64 MiB" : "32 MiB");
}

}  // namespace

// The pages of 1 million messages take 0.6 GB of the disk, those of 10 million 6 GB.
void bench_memory(const Options& options) {
  std::vector<int64_t> counts{10'000, 1'000'000};
  if (options.is_smoke) counts = {500};
  if (options.is_long) counts.push_back(10'000'000);
  for (const auto count : counts) {
    Recording recording(count, 60);
    const auto page = recording.record(one_stream).back();
    const Nginx nginx(recording.files(), {0ms});
    const auto rounds = options.rounds(count > 1'000'000 ? 1 : 3);
    for (const auto jobs : {4, 64}) bench_jobs(recording, nginx, page, count, jobs, rounds);
  }
}

}  // namespace tapster::bench
