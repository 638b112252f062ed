#include "cli/options.hpp"

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace {

Outcome<Options> finish(Raw raw, const CLI::App& command) {
  auto options = std::move(raw.options);
  if (raw.format == "jsonl") options.format = Format::jsonl;
  if (raw.format == "airbyte") options.format = Format::airbyte;
  options.commit_interval = std::chrono::milliseconds(static_cast<int64_t>(raw.commit_interval * 1000));
  if (raw.report == "text") options.report = Report::text;
  if (raw.report == "json") options.report = Report::json;
  if (raw.report == "markdown" || raw.markdown) options.report = Report::markdown;
  if (raw.report == "meltano" || raw.meltano) options.report = Report::meltano;
  options.log_format = raw.log_format == "json" ? LogFormat::json : LogFormat::text;
  if (raw.verbose || raw.log_level == "debug") options.log_level = Level::debug;
  if (raw.quiet || raw.log_level == "warning") options.log_level = Level::warning;
  if (raw.log_level == "error") options.log_level = Level::error;

  if (raw.compress == "gzip") options.compression = Compression::gzip;
  if (raw.compress == "zstd") options.compression = Compression::zstd;
  if (options.output && raw.format != "jsonl" && command.count("--format") > 0) {
    return fail(Exit::usage,
                fmt::format("--output writes bare records, so --format {} does not go with it", raw.format));
  }
  if (options.to && (options.output || options.format != Format::singer)) {
    return fail(Exit::usage, fmt::format("--to feeds a Singer target, so {} does not go with it",
                                         options.output ? "--output" : "--format " + raw.format));
  }
  if (options.to && options.to->find_first_not_of(' ') == std::string::npos) {
    return fail(Exit::usage, "--to: the command is empty");
  }
  const auto since = read_bound(options.since);
  const auto until = read_bound(options.until);
  const bool days = parse_day(options.since) && parse_day(options.until);
  if (since && until && (days ? options.since > options.until : since->earliest > until->latest)) {
    return fail(Exit::usage, fmt::format("--since {} is after --until {}", options.since, options.until));
  }
  return options;
}

// What is wrong, in the parser's own words where they are good, and what may have been meant. `command` is
// the program where no command was named.
std::string explain(const CLI::ParseError& error, const CLI::App& command) {
  const bool is_program = command.get_parent() == nullptr;
  const auto unknown = command.remaining();
  if (unknown.empty()) return is_program ? "a command is required" : error.what();
  std::vector<std::string> known;
  for (const auto* other : command.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(other->get_name());
  }
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  }
  const auto word = unknown.front().substr(0, unknown.front().find('='));  // what follows may be a secret
  if (!is_program && !word.starts_with('-')) return fmt::format("{} is one argument too many", word);
  return fmt::format("there is no {} {}{}", word.starts_with('-') ? "option" : "command", word,
                     did_you_mean(word, known));
}

}  // namespace

Outcome<Options> parse_options(int argc, const char* const* argv) {
  Raw raw;
  CommandLine line(raw);
  auto& app = line.app;
  const auto given = [&]() -> const CLI::App& {
    const auto used = app.get_subcommands();
    return used.empty() ? app : *used.front();
  };
  const auto wrong = [&](const CLI::ParseError& error) {
    const auto& command = given();
    return fail(Exit::usage, fmt::format("{} (see tapster {}--help)", explain(error, command),
                                         &command == &app ? "" : command.get_name() + " "));
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    // With a word that is no command, help for the program would not be what was asked for.
    const auto unknown = app.remaining();
    if (&given() == &app && !unknown.empty() && !unknown.front().starts_with('-')) return wrong(help);
    raw.options.help = app.help();
    return std::move(raw.options);
  } catch (const CLI::CallForVersion& version) {
    raw.options.help = std::string(version.what()) + "\n";
    return std::move(raw.options);
  } catch (const CLI::ParseError& error) {
    return wrong(error);
  }

  for (const auto& [command, value] : line.commands) {
    if (command->parsed()) raw.options.command = value;
  }
  auto options = finish(std::move(raw), given());
  if (!options) {
    options.error().message += fmt::format(" (see tapster {} --help)", given().get_name());
  }
  return options;
}

}  // namespace tapster::host
