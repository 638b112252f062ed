#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "nginx.hpp"
#include "parts.hpp"
#include "program.hpp"
#include "recording.hpp"
#include "report.hpp"
#include "support/files.hpp"

namespace tapster::bench {

using namespace std::chrono_literals;

namespace {

// The value of the last STATE message.
std::string last_state(const std::filesystem::path& messages) {
  constexpr std::string_view begin = R"({"type":"STATE","value":)";
  std::string state;
  std::ifstream file(messages);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(begin)) state = line.substr(begin.size(), line.size() - begin.size() - 1);
  }
  if (state.empty()) throw std::runtime_error("the first sync had no state");
  return state;
}

}  // namespace

// All default streams, an hour after a sync that read everything, without a new row. Rows within the lookback
// are read again.
void bench_hourly(const Options& options) {
  const auto latency = options.is_smoke ? 1ms : 100ms;
  Recording recording(options.is_smoke ? 500 : 20'000, 14);
  const auto messages = recording.scratch("messages");
  recording.record({}, messages);
  const auto state = recording.scratch("state.json");
  write_file(state, last_state(messages));
  const Arguments hour_later{"--state", state.string(), "--until", recording.hours_later(1), "--jobs", "16"};
  const auto targets = recording.record(hour_later);
  const Nginx nginx(recording.files(), {latency});
  Rounds over_curl;
  Rounds over_one;
  for (int i = 0; i < options.rounds(7); ++i) {
    const auto one = run(recording.curl(nginx.base_url(latency), {targets.back()}, 1), "/dev/null").seconds;
    const auto curl = run(recording.curl(nginx.base_url(latency), targets, 16), "/dev/null").seconds;
    const auto ours = run(recording.read(nginx.base_url(latency), hour_later), "/dev/null").seconds;
    over_curl.add(ours, curl);
    over_one.add(ours, one);
  }
  const auto what = fmt::format("{} requests, {} ms, --jobs 16", targets.size(), latency.count());
  print_line(what, over_curl, "s", "curl, 16 in parallel");
  print_line(what, over_one, "s", "curl of one page");
}

}  // namespace tapster::bench
