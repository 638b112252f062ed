#include "cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/man_page.hpp"
#include "cli/number_options.hpp"
#include "cli/usage_error.hpp"

namespace tapster::host {

namespace {

Outcome<Options> finish(Raw raw, const CLI::App& command) {
  auto options = std::move(raw.options);
  if (raw.format == "jsonl") options.format = Format::jsonl;
  if (raw.format == "airbyte") options.format = Format::airbyte;
  options.commit_interval = std::chrono::milliseconds(static_cast<int64_t>(raw.commit_interval * 1000));
  options.every = std::chrono::seconds(raw.every);
  if (raw.report == "text") options.report = Report::text;
  if (raw.report == "json") options.report = Report::json;
  if (raw.report == "markdown" || raw.markdown) options.report = Report::markdown;
  if (raw.report == "meltano" || raw.meltano) options.report = Report::meltano;
  options.log_format = raw.log.format == "json" ? LogFormat::json : LogFormat::text;
  options.log_level = raw.verbose ? Level::debug : raw.quiet ? Level::warning : raw.log.least_level();

  if (!raw.shard.empty()) std::tie(options.shard, options.shards) = parse_share(raw.shard);
  if (options.plan_file && options.format == Format::airbyte) {
    return fail(Exit::usage,
                "--plan reads a part of each stream, which Airbyte's protocol cannot say, so --format "
                "airbyte cannot be combined with it");
  }

  if (raw.compress == "gzip") options.compression = Compression::gzip;
  if (raw.compress == "zstd") options.compression = Compression::zstd;
  if (options.output && raw.format != "jsonl" && command.count("--format") > 0) {
    return fail(
        Exit::usage,
        fmt::format("--output writes bare records, so --format {} cannot be combined with it", raw.format));
  }
  if (options.to && (options.output || options.format != Format::singer)) {
    return fail(Exit::usage, fmt::format("--to feeds a Singer target, so {} cannot be combined with it",
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

// Turns "help read" into "read --help", and no arguments into "--help".
std::vector<const char*> without_help_command(int argc, const char* const* argv) {
  std::vector<const char*> arguments(argv, argv + argc);
  if (argc < 2) {
    arguments.push_back("--help");
  } else if (std::string_view(argv[1]) == "help") {
    arguments.erase(arguments.begin() + 1);
    if (argc != 3 || std::string_view(argv[2]) != "--help") arguments.push_back("--help");
  }
  return arguments;
}

// The command of "help --man read"; empty for the program, nothing if no manual page is requested.
std::optional<std::string> man_page_of(int argc, const char* const* argv) {
  const std::vector<std::string_view> arguments(argv + std::min(argc, 2), argv + argc);
  if (argc < 2 || std::string_view(argv[1]) != "help") return std::nullopt;
  if (std::find(arguments.begin(), arguments.end(), "--man") == arguments.end()) return std::nullopt;
  std::string name;
  for (const auto argument : arguments)
    if (argument != "--man") name = argument;
  return name;
}

}  // namespace

Outcome<Options> parse_options(int argc, const char* const* argv, size_t help_width) {
  const auto arguments = without_help_command(argc, argv);
  Raw raw;
  CommandLine line(raw, help_width);
  auto& app = line.app;
  if (const auto name = man_page_of(argc, argv)) {
    const auto named = app.get_subcommands([&](const CLI::App* each) { return each->get_name() == *name; });
    const auto* command = name->empty() ? &app : named.empty() ? nullptr : named.front();
    if (command == nullptr)
      return fail(Exit::usage, fmt::format("help --man: unknown command {} (see tapster --help)", *name));
    raw.options.help = man_page(*command, TAPSTER_VERSION);
    return std::move(raw.options);
  }
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
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::CallForHelp& help) {
    // The program's help would not say what is wrong with an unknown command.
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

Outcome<void> check_since(const Options& options, Time now) {
  const auto since = read_bound(options.since);
  if (!since || since->earliest <= now + std::chrono::hours(24)) return {};
  return fail(Exit::usage,
              fmt::format("--since {} is in the future: the time is {}", options.since, format_time(now)));
}

}  // namespace tapster::host
