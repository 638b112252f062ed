// The command line.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "failure.hpp"
#include "log.hpp"

namespace tapster::host {

enum class Command { help, list, info, spec, check, discover, plan, read, link, test, about, version };
enum class Format { singer, jsonl, airbyte };
enum class Report { text, json, markdown, meltano };

struct Options {
  Command command = Command::help;
  std::string help;  // Command::help: what to print

  // Every command.
  std::vector<std::filesystem::path> plugin_dirs;
  LogFormat log_format = LogFormat::text;
  Level log_level = Level::info;

  std::string connector;         // all but list
  Report report = Report::text;  // list, info, about; meltano is for info alone

  std::vector<std::string> config;  // check, discover, plan, read; info may have it. As in read_config

  Format format = Format::singer;  // spec, check, discover, read

  // plan and read.
  std::optional<std::filesystem::path> catalog;
  std::optional<std::filesystem::path> state;
  std::optional<std::filesystem::path> state_file;
  std::vector<std::string> select, exclude;  // glob patterns
  std::string since, until;                  // a day or an RFC 3339 time; empty for none

  // read.
  int jobs = 4;
  std::chrono::milliseconds commit_interval{1000};
  std::optional<std::filesystem::path> output;   // a directory
  std::optional<std::filesystem::path> summary;  // a file

  std::filesystem::path directory;  // link
  bool names_only = false;          // discover: no more than the streams' names
  bool schemas_only = false;        // test: no records
};

// The exit codes as --help tells them.
extern const char* const exit_codes;

// Reads the arguments. Anything that is wrong with them is a usage failure of one line that says which --help
// to see.
Outcome<Options> parse_options(int argc, const char* const* argv);

}  // namespace tapster::host
