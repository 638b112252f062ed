#include "nginx.hpp"
#include "parts.hpp"
#include "paths.hpp"
#include "program.hpp"
#include "recording.hpp"
#include "report.hpp"

namespace tapster::bench {

using namespace std::chrono_literals;

namespace {

double milliseconds(const Arguments& words) {
  return run(words, "/dev/null").seconds * 1'000;
}

}  // namespace

void bench_start(const Options& options) {
  const Recording recording(1'000, 1);
  auto discover = recording.read("http://127.0.0.1:1", {});
  discover = {discover.at(0), "discover", "postmark", "--config", discover.at(5)};
  Rounds version;
  Rounds list;
  Rounds loaded;
  for (int i = 0; i < options.rounds(31); ++i) {
    const auto curl = milliseconds({"curl", "--version"});
    version.add(milliseconds({paths::tapster, "--version"}), curl);
    list.add(milliseconds({paths::tapster, "info", "postmark"}), curl);
    loaded.add(milliseconds(discover), curl);
  }
  print_line("start: --version", version, "ms", "curl --version");
  print_line("start: load a connector, info", list, "ms", "curl --version");
  print_line("start: load, open, discover", loaded, "ms", "curl --version", "10 ms");
}

void bench_first(const Options& options) {
  constexpr auto latency = 50ms;
  Recording recording(1'000, options.is_smoke ? 3 : 60);
  const auto targets = recording.record(one_stream);
  recording.record({});
  const Nginx nginx(recording.files(), {latency});
  Rounds all;
  Rounds one;
  const auto first_record = [&](const Arguments& more) {
    return run(recording.read(nginx.base_url(latency), more), "/dev/null", Measure::first_record)
               .first_record *
           1'000;
  };
  for (int i = 0; i < options.rounds(7); ++i) {
    const auto curl = milliseconds(recording.curl(nginx.base_url(latency), {targets.back()}, 1));
    one.add(first_record(one_stream), curl);
    all.add(first_record({}), curl);
  }
  print_line("first record of messages_outbound", one, "ms", "curl of one page, 50 ms away", "60 ms");
  print_line("first record of all streams", all, "ms", "curl of one page, 50 ms away", "60 ms");
}

}  // namespace tapster::bench
