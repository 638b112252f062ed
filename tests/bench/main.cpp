// Prints what a sync costs, each figure with its ratio to a floor that the same run measured. See README.md.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include "nginx.hpp"
#include "parts.hpp"

namespace tapster::bench {

namespace {

struct Part {
  std::string_view name, what;
  void (*run)(const Options& options);
  bool needs_nginx = true;
};

const std::vector<Part> parts{
    {"records", "records a second on one core, in this process", bench_records, false},
    {"start", "the time until the program has started", bench_start, false},
    {"first", "the time until the first record", bench_first},
    {"cpu", "CPU seconds per million records of messages_outbound, by stage", bench_cpu},
    {"sync", "the time of a backfill", bench_sync},
    {"requests", "the number of requests of a backfill", bench_requests, false},
    {"memory", "the most memory, by the number of records", bench_memory},
    {"latency", "the time of a sync, by latency and jobs", bench_latency},
    {"hourly", "a run of all streams with nothing new", bench_hourly}};

// Not a measurement, so it runs only by its name.
const Part server{"serve", "serves recorded responses, and prints commands that read them, for a profiler",
                  serve};

void print_help() {
  fmt::print(
      "Usage: tapster-bench [--smoke] [--long] [PART...]\n"
      "Prints what a sync costs, each figure with its ratio to a floor that the same run measured.\n"
      "A ratio below 1 is better than the floor. Without a PART it runs all of them.\n\nParts:\n");
  for (const auto& part : parts) fmt::print("  {:<10} {}\n", part.name, part.what);
  fmt::print("\nOnly by name, until standard input ends:\n  {:<10} {}\n", server.name, server.what);
  fmt::print(
      "\nOptions:\n"
      "  --smoke    on next to nothing, to see that it runs\n"
      "  --long     also what takes minutes: memory at 10 million records, 6 GB of temporary files\n");
}

// Whether the part ran. In a smoke run it may be left out.
bool run_part(const Part& part, const Options& options) {
  fmt::print("{}: {}\n", part.name, part.what);
  std::fflush(stdout);
  if (part.needs_nginx && !has_nginx()) {
    fmt::print("  skipped: nginx is not installed: apt-get install nginx-light\n");
    return options.is_smoke;
  }
  part.run(options);
  return true;
}

int run_all(const std::vector<std::string_view>& names, const Options& options) {
  const auto is_named = [&](const Part& part) {
    return std::find(names.begin(), names.end(), part.name) != names.end();
  };
  bool all_ran = true;
  for (const auto& part : parts) {
    if (names.empty() || is_named(part)) all_ran &= run_part(part, options);
  }
  if (is_named(server)) all_ran &= run_part(server, options);
  return all_ran ? 0 : 1;
}

bool is_known(std::string_view name) {
  return name == server.name ||
         std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.name == name; });
}

int run_command_line(const std::vector<std::string_view>& words) {
  Options options;
  std::vector<std::string_view> names;
  for (const auto word : words) {
    if (word == "--help") return print_help(), 0;
    if (word == "--smoke") {
      options.is_smoke = true;
    } else if (word == "--long") {
      options.is_long = true;
    } else if (is_known(word)) {
      names.push_back(word);
    } else {
      fmt::print(stderr, "tapster-bench: unknown part or option {} (see tapster-bench --help)\n", word);
      return 2;
    }
  }
  return run_all(names, options);
}

}  // namespace

}  // namespace tapster::bench

int main(int argc, char** argv) {
  try {
    return tapster::bench::run_command_line({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    fmt::print(stderr, "tapster-bench: {}\n", e.what());
  }
  return 1;
}
