// tapster-soak: hundreds of short syncs of accounts while their clock and data advance, with faults and
// kills. After each sync the rows that its reader has are compared with the sandbox.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "soak.hpp"

namespace tapster::soak {
namespace {

struct Options {
  uint64_t seed = 0;
  int seeds = 1;
  int rounds = 100;
  bool verbose = false;
  bool covers_all = false;
};

// Whether all syncs of the account of this seed were correct.
bool soak(uint64_t seed, const Options& options, Figures& figures) {
  Soak account(seed, figures);
  fmt::print("{}\n", account.plan.to_text());
  const auto run = [&](const Round& round) {
    if (options.verbose) fmt::print("  {}\n", to_text(round));
    std::fflush(stdout);
    const auto wrong = account.run(round);
    if (wrong.empty()) return true;
    fmt::print("FAILED: seed {}, {}\n{}its log:\n{}again: tapster-soak --seed {} --rounds {}\n", seed,
               to_text(round), wrong, account.last_log, seed, options.rounds);
    return false;
  };
  for (int i = 0; i < options.rounds; ++i) {
    if (!run(account.plan.next())) return false;
  }
  // Runs without faults read what the last faults left.
  return std::all_of(std::begin(all_ways), std::end(all_ways),
                     [&](Way way) { return run(account.plan.calm(way)); });
}

void print(const Figures& figures, std::chrono::duration<double> time) {
  fmt::print("{} rounds in {:.0f} s, {} ended well; by exit code:", figures.rounds, time.count(),
             figures.complete);
  for (const auto& [exit, count] : figures.exits) fmt::print(" {}: {}", exit, count);
  // The first missing or duplicate row ends the soak.
  fmt::print("\n{} rows compared, 0 missing, 0 doubled\n", figures.rows_compared);
  for (const auto name : all_troubles()) {
    const auto found = figures.troubles.find(name);
    fmt::print("  {:<20} {:>6}\n", name, found == figures.troubles.end() ? 0 : found->second);
  }
}

int run(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  Figures figures;
  for (int i = 0; i < options.seeds; ++i) {
    if (!soak(options.seed + static_cast<uint64_t>(i), options, figures)) return 1;
  }
  print(figures, std::chrono::steady_clock::now() - began);
  if (!options.covers_all) return 0;
  for (const auto name : all_troubles()) {
    if (figures.troubles[std::string(name)] > 0) continue;
    fmt::print("{} never happened\n", name);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tapster::soak

int main(int argc, char** argv) {
  CLI::App app(
      "Syncs accounts of the sandbox again and again while their clock and data move on, with faults and "
      "kills, and "
      "compares the rows after each sync. The same seed does the same.");
  tapster::soak::Options options;
  options.seed =
      static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1));
  app.add_option("--seed", options.seed, "The first account's; by default the time");
  app.add_option("--seeds", options.seeds, "How many accounts")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Syncs of each account")->capture_default_str();
  app.add_flag("-v,--verbose", options.verbose, "Print each round");
  app.add_flag("--all-troubles", options.covers_all, "Fail if some trouble never happened");
  CLI11_PARSE(app, argc, argv);
  try {
    return tapster::soak::run(options);
  } catch (const std::exception& e) {
    fmt::print("tapster-soak: {}\n", e.what());
  }
  return 1;
}
