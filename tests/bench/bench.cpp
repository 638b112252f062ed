// Prints what a sync costs, each figure beside a floor from the same run. Against the sandbox on loopback.
#include "bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "paths.hpp"
#include "server.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::bench {

namespace {

namespace fs = std::filesystem;

struct Ran {
  double seconds = 0;
  double first_record = 0;  // the seconds until the first RECORD message
  double peak_mebibytes = 0;
};

// The most memory that a running process has used, in MiB.
double peak_of(pid_t id) {
  std::ifstream about(fmt::format("/proc/{}/status", id));
  for (std::string line; std::getline(about, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

// What a run measures besides its time.
enum class Measure { nothing, first_record, memory };

// Runs a program to its end, its standard output to `output`. For the first record the output is read here
// instead.
Ran run(const Arguments& words, const fs::path& output, Measure measure = Measure::nothing) {
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  const bool reads = measure == Measure::first_record;
  Process process(words.front(), {words.begin() + 1, words.end()},
                  {.output_file = reads ? fs::path() : output, .has_pipe = reads});
  Ran ran;
  for (auto line = reads ? process.line() : ""; !line.empty(); line = process.line()) {
    if (line.find("\"RECORD\"") == std::string::npos) continue;
    ran.first_record = elapsed();
    break;
  }
  // Sampled while it runs: the figure of wait4 includes the memory that the child had of this process until
  // its exec.
  while (measure == Measure::memory && !process.ends_within(std::chrono::milliseconds(2)))
    ran.peak_mebibytes = std::max(ran.peak_mebibytes, peak_of(process.id()));
  const auto finished = process.wait();
  ran.seconds = elapsed();
  if (finished.exit != 0)
    throw std::runtime_error(fmt::format("{} failed\n{}", fmt::join(words, " "), finished.err));
  return ran;
}

double median(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  return figures[figures.size() / 2];
}

// A sandbox with so many messages over 60 days, and a config for it.
struct Sandbox {
  Sandbox(const fs::path& directory, int64_t messages, std::chrono::milliseconds latency)
      : account({.messages = messages,
                 .days = 60,
                 .retention_days = 365,
                 .now = std::chrono::time_point_cast<sandbox::Ticks>(std::chrono::system_clock::now())}),
        api(account, {}),
        server(api, {.port = 0, .latency = latency}),
        config(directory / "config.json"),
        output(directory / "out") {
    const auto first =
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) - std::chrono::days(61);
    const std::chrono::year_month_day date(first);
    std::ofstream(config) << fmt::format(
        R"({{"postmark_server_token":"sandbox-token","start_date":"{:04}-{:02}-{:02}","base_url":"{}"}})",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        server.base_url());
  }

  [[nodiscard]] Arguments read(const Arguments& more = {}) const {
    Arguments words{paths::tapster, "read", "postmark", "-q", "--config", config.string(), "--jobs", "4"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  sandbox::Account account;
  sandbox::Api api;
  sandbox::Server server;
  fs::path config, output;
};

// The streams with rows that can be requested by time.
const Arguments dated{"--select",        "messages_outbound", "--select", "messages_opens", "--select",
                      "messages_clicks", "--select",          "bounces",  "--select",       "stats_*"};

// The fewest requests for those streams: the server's name, its message streams, full pages of the rows of
// each message stream, each day of the overview, and the eleven other statistics.
double fewest_requests(const sandbox::Account& account) {
  double fewest = 1 + 1 + 62 + 11;
  const auto add_pages = [&](size_t rows) {
    fewest += std::max(1.0, std::ceil(static_cast<double>(rows) / 500));
  };
  for (size_t stream = 0; stream < 3; ++stream) {
    constexpr auto from = sandbox::Time::min();
    constexpr auto to = sandbox::Time::max();
    add_pages(account.messages(stream, from, to).size());
    add_pages(account.opens(stream, from, to).size());
    add_pages(account.clicks(stream, from, to).size());
    add_pages(account.bounces(stream, from, to).size());
  }
  return fewest + 1;  // bounces of the inbound message stream
}

void bench_whole_sync(const fs::path& directory, int64_t messages, int rounds) {
  Sandbox sandbox(directory, messages, std::chrono::milliseconds(5));
  run(sandbox.read(), sandbox.output);  // warms up, and lists the requests
  const auto targets = sandbox.server.requests();
  const auto list = directory / "urls";
  {
    std::ofstream urls(list);
    urls << "header = \"X-Postmark-Server-Token: sandbox-token\"\n";
    for (const auto& target : targets)
      urls << "url = \"" << sandbox.server.base_url() << target << "\"\noutput = \"/dev/null\"\n";
  }
  std::vector<double> ours;
  std::vector<double> curls;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    ours.push_back(run(sandbox.read(), sandbox.output).seconds);
    curls.push_back(run({"curl", "-s", "--no-progress-meter", "--parallel", "--parallel-max", "4", "--config",
                         list.string()},
                        "/dev/null")
                        .seconds);
    ratios.push_back(ours.back() / curls.back());
  }
  print_line("whole sync over curl fetching the same", median(ratios), "",
             fmt::format("{:.2f} s over {:.2f} s, {} requests", median(ours), median(curls), targets.size()),
             "1.3");
  run(sandbox.read(dated), sandbox.output);
  const auto asked = sandbox.server.requests().size() - targets.size() * static_cast<size_t>(rounds * 2 + 1);
  const double fewest = fewest_requests(sandbox.account);
  print_line("requests over the fewest, dated streams", static_cast<double>(asked) / fewest, "",
             fmt::format("{:.0f} requests", fewest), "1.05");
}

void bench_memory(const fs::path& directory, int64_t few, int64_t many) {
  for (const auto messages : {few, many}) {
    Sandbox sandbox(directory, messages, std::chrono::milliseconds(0));
    const auto ran = run(sandbox.read({"--select", "messages_outbound"}), "/dev/null", Measure::memory);
    print_line(fmt::format("peak memory at {} records", messages), ran.peak_mebibytes, "MiB",
               fmt::format("{:.0f} records/s", static_cast<double>(messages) / ran.seconds), "32 MiB");
  }
}

void bench_start(const fs::path& directory, int rounds) {
  Sandbox sandbox(directory, 1'000, std::chrono::milliseconds(50));
  std::vector<double> start;
  std::vector<double> floor;
  std::vector<double> first;
  std::vector<double> messages;
  for (int i = 0; i < rounds; ++i) {
    floor.push_back(run({"true"}, "/dev/null").seconds * 1000);
    start.push_back(
        run({paths::tapster, "discover", "postmark", "--config", sandbox.config.string()}, "/dev/null")
            .seconds *
        1000);
    first.push_back(run(sandbox.read(), "/dev/null", Measure::first_record).first_record * 1000);
    messages.push_back(
        run(sandbox.read({"--select", "messages_outbound"}), "/dev/null", Measure::first_record)
            .first_record *
        1000);
  }
  print_line("start: load, open, discover", median(start), "ms",
             fmt::format("{:.1f} ms for true", median(floor)), "10 ms");
  print_line("first record of all streams", median(first), "ms", "50 ms, one round trip", "60 ms");
  print_line("first record of messages_outbound", median(messages), "ms", "50 ms, one round trip", "60 ms");
}

}  // namespace

void print_line(std::string_view what, double figure, std::string_view unit, std::string_view floor,
                std::string_view aim) {
  fmt::print("{:<40} {:>12.2f} {:<4} aim {:<10} ({})\n", what, figure, unit, aim, floor);
  std::fflush(stdout);
}

int run_all(bool smoke) {
  const TemporaryDirectory directory;
  bench_records(smoke ? 2 : 1'000);
  bench_whole_sync(directory.path(), smoke ? 1'000 : 100'000, smoke ? 1 : 5);
  bench_memory(directory.path(), smoke ? 500 : 10'000, smoke ? 1'000 : 1'000'000);
  bench_start(directory.path(), smoke ? 1 : 5);
  return 0;
}

}  // namespace tapster::bench

int main(int argc, char** argv) {
  const std::string_view argument = argc > 1 ? argv[1] : "";
  if (!argument.empty() && argument != "--smoke") {
    fmt::print(
        "Usage: tapster-bench [--smoke]\nPrints what a sync costs; with --smoke on next to nothing, to see "
        "that it runs.\n");
    return argument == "--help" ? 0 : 2;
  }
  try {
    return tapster::bench::run_all(argument == "--smoke");
  } catch (const std::exception& e) {
    fmt::print(stderr, "tapster-bench: {}\n", e.what());
  }
  return 1;
}
