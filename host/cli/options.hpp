// The command line.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <tapster/time.hpp>
#include <vector>

#include "output/files/part_options.hpp"
#include "report/log.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

enum class Command {
  help,
  list,
  info,
  spec,
  check,
  discover,
  select,
  plan,
  read,
  preview,
  completion,
  link,
  new_connector,
  test,
  about,
  version,
  validate,
  merge_states
};
enum class Format { singer, jsonl, airbyte };
enum class Report { text, json, markdown, meltano };

struct Options {
  Command command = Command::help;
  std::string help;  // Command::help: what to print

  // Every command.
  std::vector<std::filesystem::path> plugin_dirs;
  LogFormat log_format = LogFormat::text;
  Level log_level = Level::info;

  std::string connector;         // all but list; for validate also a file
  std::optional<Report> report;  // of list, info, preview, plan, about, validate; each has its own default

  // check, discover, plan, read, preview; optional for info and validate.
  std::vector<std::string> config;                   // see read_config
  std::optional<std::filesystem::path> credentials;  // the file that keeps the values that sources replace

  Format format = Format::singer;  // spec, check, discover, read

  // preview.
  std::string stream;
  size_t rows = 20;
  bool expanded = false;  // one column per line

  std::string shell;  // completion

  // discover, preview, plan, read, select and validate. For select, `catalog` is the file to edit.
  std::vector<std::string> select, exclude;  // see patterns.hpp
  std::optional<std::filesystem::path> catalog;
  bool prints = false;  // select: to standard output, without changing the file

  // plan and read.
  std::optional<std::filesystem::path> state;
  std::optional<std::filesystem::path> state_file;
  std::string since, until;  // a day or an RFC 3339 time; empty for none

  // plan, read and state: the file of a plan; plan writes it, the others read it.
  std::optional<std::filesystem::path> plan_file;
  std::vector<std::filesystem::path> states;  // state: of the shards

  // read.
  size_t shard = 1, shards = 1;  // of the plan, from 1
  int jobs = 4;
  double rate = 0;  // requests a second; 0 for no limit
  bool keep_nul = false;
  bool validate = false;
  std::chrono::milliseconds commit_interval{1000};
  std::optional<std::filesystem::path> output;    // a directory
  bool overwrite = false;                         // replace files of other runs
  Compression compression = Compression::none;    // of its files
  uint64_t max_file_size = 0, max_file_rows = 0;  // as in PartOptions
  std::optional<std::filesystem::path> rejects;   // a file for records that cannot be read
  std::optional<std::filesystem::path> summary;   // a file
  std::optional<std::filesystem::path> metrics;   // a file
  std::optional<std::string> to;                  // a Singer target, as a shell command
  std::chrono::seconds every{0};                  // between the beginnings of two rounds; 0 for one round

  std::filesystem::path directory;  // link and new
  bool names_only = false;          // discover: only the names of the streams
  bool schemas_only = false;        // test: no records
};

// The exit codes as --help lists them.
extern const char* const exit_codes;

// Parses the arguments. The failure for a wrong one is of usage: one line that names the --help to see.
// `help_width`: columns of a line of help.
Outcome<Options> parse_options(int argc, const char* const* argv, size_t help_width = 80);

// Checks --since. The failure, of usage, is for one that is after tomorrow in every time zone: a mistyped
// year would read nothing. The connector knows the zone of a day, and decides about tomorrow.
Outcome<void> check_since(const Options& options, Time now);

}  // namespace tapster::host
