#include "cli/tap_command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "cli/credentials_option.hpp"
#include "cli/empty_values.hpp"
#include "cli/help_formatter.hpp"
#include "cli/log_options.hpp"
#include "cli/usage_error.hpp"
#include "plugin/plugin_search.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

constexpr std::string_view tap_prefix = "tap-";

// Meltano describes in a file how its plugins should log. We only read from it whether to log JSON or text.
// https://sdk.meltano.com/en/latest/implementation/logging.html
LogFormat wanted_log_format() {
  const char* file = std::getenv("SINGER_SDK_LOG_CONFIG");
  if (file == nullptr) return LogFormat::text;
  const auto text = read_file(file);
  return text && text->find("StructuredFormatter") != std::string::npos ? LogFormat::json : LogFormat::text;
}

// What the parser fills.
struct Raw {
  Options options;
  bool discover = false, discover_streams = false, about = false, test_connection = false, version = false;
  std::string test;
  std::string about_format = "text";
  LogOptions log;
};

void add_options(CLI::App& app, Raw& raw) {
  auto& options = raw.options;
  app.add_option("--config,-c", options.config,
                 "The settings: a file with a JSON object, whose strings may contain ${NAME} for an "
                 "environment variable; - for standard input; or ENV, for variables named TAP_NAME_SETTING. "
                 "Repeatable; later ones override earlier ones")
      ->option_text("FILE|ENV")
      ->allow_extra_args(false);
  add_credentials(app, options);
  app.add_option("--catalog,--properties,-p", options.catalog,
                 "A catalog that selects streams and columns (default: the streams selected by default)")
      ->option_text("FILE");
  auto* state =
      app.add_option("--state,-s", options.state, "The last state of the previous run, to continue from")
          ->option_text("FILE");
  auto* discover = app.add_flag("--discover,-d", raw.discover, "Print the catalog")->option_text(" ");
  app.add_flag("--discover_streams", raw.discover_streams,
               "With --discover: print only the names of the streams")
      ->needs(discover)
      ->option_text(" ");
  app.add_option("--test", raw.test,
                 "Read one record of each stream (all, records), or write only the SCHEMA messages (schema)")
      ->expected(0, 1)
      ->check(CLI::IsMember({"all", "records", "schema"}))
      ->excludes(state)
      ->option_text("[=all|records|schema]");
  app.add_flag("--test_connection", raw.test_connection, "Check that the config works, with few requests")
      ->option_text(" ");
  app.add_flag("--about", raw.about, "Print the tap's version, capabilities and settings")->option_text(" ");
  app.add_option("--format", raw.about_format, "Format of --about (default text)")
      ->check(CLI::IsMember({"text", "json", "markdown"}))
      ->option_text("text|json|markdown");
  app.add_flag("--version", raw.version, "Print the version")->option_text(" ");
  add_log_options(app, raw.log);
  refuse_empty_values(app);
}

Command command_of(const Raw& raw, bool is_test) {
  if (raw.version) return Command::version;
  if (raw.about) return Command::about;
  if (raw.discover) return Command::discover;
  if (raw.test_connection) return Command::check;
  return is_test ? Command::test : Command::read;
}

// The connector in a program name PREFIX-CONNECTOR; empty for any other name.
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

Outcome<Options> parse_airbyte_options(const std::string& connector, int argc, const char* const* argv,
                                       size_t help_width) {
  if (argc < 2 || argv[1][0] == '-') return parse_options(argc, argv, help_width);
  std::vector<const char*> arguments{"tapster", argv[1], connector.c_str(), "--format", "airbyte"};
  arguments.insert(arguments.end(), argv + 2, argv + argc);
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), help_width);
}

CompletionContext tap_completion_context(const std::string& connector,
                                         const std::vector<std::string>& before) {
  Raw raw;
  CLI::App app("", fmt::format("{}{}", tap_prefix, connector));
  add_options(app, raw);
  return completion_context(app, before);
}

Outcome<Options> parse_tap_options(const std::string& connector, int argc, const char* const* argv,
                                   size_t help_width) {
  const auto name = fmt::format("{}{}", tap_prefix, connector);
  Raw raw;
  CLI::App app(fmt::format("The Singer tap of {}: reads it and writes Singer messages.", connector), name);
  app.formatter(std::make_shared<HelpFormatter>(help_width));
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
  options.log_format = raw.log.format.empty()     ? wanted_log_format()
                       : raw.log.format == "json" ? LogFormat::json
                                                  : LogFormat::text;
  options.log_level = raw.log.least_level();
  const bool needs_config = options.command != Command::about && options.command != Command::version;
  if (needs_config && options.config.empty())
    return fail(Exit::usage, fmt::format("--config is required (see {} --help)", name));
  return options;
}

}  // namespace tapster::host
