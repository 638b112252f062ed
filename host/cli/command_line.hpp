// The commands and options of the program, as CLI11 parses them and shows them in --help.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/time.hpp>
#include <utility>
#include <vector>

#include "cli/log_options.hpp"
#include "cli/options.hpp"

namespace tapster::host {

// What the parser fills before it becomes Options.
struct Raw {
  Options options;
  std::string format = "singer";
  std::string report;
  bool markdown = false;
  bool meltano = false;
  LogOptions log;
  double commit_interval = 1;  // seconds
  int64_t every = 0;           // seconds
  std::string compress;
  std::string shard;         // "3/8"
  std::string action;        // of tapster state
  std::string help_command;  // of tapster help
  bool prints_man_page = false;
  bool verbose = false;
  bool quiet = false;
};

// The parser with all commands and their options. Parsing fills `raw`.
struct CommandLine {
  // `help_width`: columns of a line of --help.
  explicit CommandLine(Raw& raw, size_t help_width = 80);
  CLI::App app;
  std::vector<std::pair<CLI::App*, Command>> commands;
};

// A value of --since or --until, as the earliest and the latest moment that it can mean. A day begins and
// ends at a different moment in each time zone, and only the connector knows which zone is meant.
struct Bound {
  FineTime earliest, latest;
};

std::optional<Bound> read_bound(std::string_view text);

}  // namespace tapster::host
