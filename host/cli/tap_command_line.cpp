#include "cli/tap_command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "plugin/plugin_search.hpp"
#include "report/did_you_mean.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

constexpr std::string_view tap_prefix = "tap-";

// Meltano writes how it wants its plugins to log to a file; all that can be wanted of this program is JSON.
// https://sdk.meltano.com/en/latest/implementation/logging.html
LogFormat wanted_log_format() {
  const char* file = std::getenv("SINGER_SDK_LOG_CONFIG");
  if (file == nullptr) return LogFormat::text;
  const auto text = read_file(file);
  return text && text->find("StructuredFormatter") != std::string::npos ? LogFormat::json : LogFormat::text;
}

// What to use in place of options that Mage has for its own taps, and that would show a secret or promise
// what is not there.
std::string instead_of(std::string_view option) {
  if (option == "--config_json") return "it would show the config to everybody on the machine; use --config";
  if (option == "--catalog_json" || option == "--selected_streams_json" || option == "--query_json")
    return "use --catalog";
  if (option == "--state_json") return "use --state";
  if (option == "--load_sample_data" || option == "--count_records") return "use --test";
  return {};
}

std::string explain(const CLI::ParseError& error, const CLI::App& app) {
  const auto unknown = app.remaining();
  if (unknown.empty()) return error.what();
  const auto word = unknown.front().substr(0, unknown.front().find('='));  // what follows may be a secret
  if (!word.starts_with('-')) return fmt::format("{} is one argument too many", word);
  if (const auto instead = instead_of(word); !instead.empty())
    return fmt::format("there is no option {}: {}", word, instead);
  std::vector<std::string> known;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  }
  return fmt::format("there is no option {}{}", word, did_you_mean(word, known));
}

// What the parser fills.
struct Raw {
  Options options;
  bool discover = false, discover_streams = false, about = false, test_connection = false, version = false;
  std::string test;
  std::string about_format = "text";
  std::string log_format, log_level = "info";
};

void add_options(CLI::App& app, Raw& raw) {
  auto& options = raw.options;
  app.add_option(
         "--config,-c", options.config,
         "The settings: a JSON object, in whose strings ${NAME} is an environment variable, or ENV for "
         "the variables TAP_NAME_SETTING; repeatable, the last counts")
      ->option_text("FILE|ENV")
      ->allow_extra_args(false);
  app.add_option("--catalog,--properties,-p", options.catalog,
                 "What to read: a catalog that selects streams and columns (default: the default streams)")
      ->option_text("FILE");
  auto* state =
      app.add_option("--state,-s", options.state, "Where to go on: the last state of the run before")
          ->option_text("FILE");
  auto* discover = app.add_flag("--discover,-d", raw.discover, "Print the catalog")->option_text(" ");
  app.add_flag("--discover_streams", raw.discover_streams, "With --discover: the names of the streams alone")
      ->needs(discover)
      ->option_text(" ");
  app.add_option("--test", raw.test,
                 "Read one record of each stream (all, records), or write the SCHEMA messages alone (schema)")
      ->expected(0, 1)
      ->check(CLI::IsMember({"all", "records", "schema"}))
      ->excludes(state)
      ->option_text("[=all|records|schema]");
  app.add_flag("--test_connection", raw.test_connection, "Prove that the config works, with few requests")
      ->option_text(" ");
  app.add_flag("--about", raw.about, "Say what this tap is, can do, and wants to know")->option_text(" ");
  app.add_option("--format", raw.about_format, "Of --about (default text)")
      ->check(CLI::IsMember({"text", "json", "markdown"}))
      ->option_text("text|json|markdown");
  app.add_flag("--version", raw.version, "Print the version")->option_text(" ");
  app.add_option("--log-format", raw.log_format, "How to log on standard error (default text)")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
  app.add_option("--log-level", raw.log_level, "The least level to log (default info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->option_text("debug|info|warning|error");
}

Command command_of(const Raw& raw, bool is_test) {
  if (raw.version) return Command::version;
  if (raw.about) return Command::about;
  if (raw.discover) return Command::discover;
  if (raw.test_connection) return Command::check;
  return is_test ? Command::test : Command::read;
}

// The connector in a program's name, PREFIX-CONNECTOR; empty where it is another.
std::string connector_of(std::string_view program, std::string_view prefix) {
  const auto name = std::filesystem::path(program).filename().string();
  if (!name.starts_with(prefix)) return {};
  const auto connector = name.substr(prefix.size());
  return is_plugin_name(connector) ? connector : std::string();
}

}  // namespace

std::string tap_of(std::string_view program) {
  return connector_of(program, tap_prefix);
}

std::string airbyte_source_of(std::string_view program) {
  return connector_of(program, "source-");
}

Outcome<Options> parse_airbyte_options(const std::string& connector, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return parse_options(argc, argv);
  std::vector<const char*> arguments{"tapster", argv[1], connector.c_str(), "--format", "airbyte"};
  arguments.insert(arguments.end(), argv + 2, argv + argc);
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

Outcome<Options> parse_tap_options(const std::string& connector, int argc, const char* const* argv) {
  const auto name = fmt::format("{}{}", tap_prefix, connector);
  Raw raw;
  CLI::App app(fmt::format("The Singer tap of {}: reads it, and writes Singer messages.", connector), name);
  app.get_formatter()->column_width(36);
  app.footer(std::string("\n") + exit_codes);
  add_options(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    raw.options.help = app.help();
    return std::move(raw.options);
  } catch (const CLI::ParseError& error) {
    return fail(Exit::usage, fmt::format("{} (see {} --help)", explain(error, app), name));
  }

  auto options = std::move(raw.options);
  options.connector = connector;
  options.command = command_of(raw, app.count("--test") > 0);
  options.names_only = raw.discover_streams;
  options.schemas_only = raw.test == "schema";
  if (raw.about_format == "json") options.report = Report::json;
  if (raw.about_format == "markdown") options.report = Report::markdown;
  options.log_format = raw.log_format.empty()     ? wanted_log_format()
                       : raw.log_format == "json" ? LogFormat::json
                                                  : LogFormat::text;
  if (raw.log_level == "debug") options.log_level = Level::debug;
  if (raw.log_level == "warning") options.log_level = Level::warning;
  if (raw.log_level == "error") options.log_level = Level::error;
  const bool needs_config = options.command != Command::about && options.command != Command::version;
  if (needs_config && options.config.empty())
    return fail(Exit::usage, fmt::format("--config is required (see {} --help)", name));
  return options;
}

}  // namespace tapster::host
