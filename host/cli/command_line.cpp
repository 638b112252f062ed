#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/command_examples.hpp"
#include "cli/credentials_option.hpp"
#include "cli/empty_values.hpp"
#include "cli/help_formatter.hpp"
#include "cli/number_options.hpp"
#include "system/commit.hpp"

namespace tapster::host {

const char* const exit_codes = R"(Exit codes:
  0      success: everything requested was done
  1      the source or the machine failed
  2      the command line, config, catalog or state is invalid, or another run
         uses the state, the credentials or the files
  3      the source rejected the credentials
  4      the connector was not found or cannot be loaded
  5      some streams failed; what was read is written and the state matches it
  6      the records cannot be written: the reader closed the pipe, the target
         failed, the disk is full
  7      the connector breaks a rule of the interface (tapster validate)
  128+n  stopped by signal n; what was read is written and the state matches it
)";

namespace {

using namespace std::chrono_literals;

const CLI::Validator is_bound(
    [](const std::string& text) {
      if (read_bound(text)) return std::string();
      const auto day = text.substr(0, 10);
      if (parse_day(day) && !parse_time(day + "T00:00:00Z"))
        return fmt::format("\"{}\": the year must be between 1678 and 2261", text);
      return fmt::format("\"{}\" is neither a day such as 2026-01-31 nor a time such as 2026-01-31T12:00:00Z",
                         text);
    },
    "DAY|TIME");

void add_common(CLI::App& command, Raw& raw) {
  command
      .add_option("--plugin-dir", raw.options.plugin_dirs,
                  "Look for connectors in this directory first; repeatable")
      ->option_text("DIR")
      ->allow_extra_args(false);
  auto* level = add_log_options(command, raw.log);
  auto* verbose = command.add_flag("-v,--verbose", raw.verbose, "Same as --log-level debug")
                      ->excludes(level)
                      ->option_text(" ");
  command.add_flag("-q,--quiet", raw.quiet, "Same as --log-level warning")
      ->excludes(level)
      ->excludes(verbose)
      ->option_text(" ");
}

void add_connector(CLI::App& command, Raw& raw) {
  command.add_option("NAME", raw.options.connector, "A connector; see tapster list")
      ->required()
      ->option_text(" ");
}

CLI::Option* add_config(CLI::App& command, Raw& raw) {
  return command
      .add_option(
          "--config,-c", raw.options.config,
          "The connector's settings: a file with a JSON object, whose strings may contain ${NAME} for an "
          "environment variable; - for standard input; or ENV, for variables named TAP_NAME_SETTING. "
          "Repeatable; later ones override earlier ones")
      ->option_text("FILE|ENV")
      ->allow_extra_args(false);
}

// What a command needs that opens the source.
void add_source(CLI::App& command, Raw& raw) {
  add_connector(command, raw);
  add_config(command, raw)->required();
  add_credentials(command, raw.options);
}

void add_report(CLI::App& command, Raw& raw, const std::vector<std::string>& reports,
                std::string_view otherwise = "text") {
  command.add_option("--format", raw.report, fmt::format("Output format (default {})", otherwise))
      ->check(CLI::IsMember(reports))
      ->option_text(fmt::format("{}", fmt::join(reports, "|")));
}

// The protocol in which spec, check and discover print.
void add_protocol(CLI::App& command, Raw& raw) {
  command.add_option("--format", raw.format, "Output protocol (default singer)")
      ->check(CLI::IsMember({"singer", "airbyte"}))
      ->option_text("singer|airbyte");
}

void add_exclude(CLI::App& command, Raw& raw) {
  command.add_option("--exclude", raw.options.exclude, "Skip the streams or columns that match; repeatable")
      ->option_text("PATTERN")
      ->allow_extra_args(false);
}

void add_patterns(CLI::App& command, Raw& raw) {
  command
      .add_option("--select", raw.options.select,
                  "Read only the streams that match STREAM, or only the columns that match STREAM.COLUMN; "
                  "repeatable (default: what the catalog selects)")
      ->option_text("PATTERN")
      ->allow_extra_args(false);
  add_exclude(command, raw);
}

void add_select(CLI::App& command, Raw& raw) {
  auto& options = raw.options;
  command.add_option("CATALOG", options.catalog, "The catalog file; - for standard input")
      ->required()
      ->option_text(" ");
  command.add_option("PATTERN", options.select, "Select only what matches STREAM or STREAM.COLUMN")
      ->option_text(" ");
  add_exclude(command, raw);
  command.add_flag("--print", options.prints, "Write to standard output instead of to the file")
      ->option_text(" ");
}

// The options of plan and read that select what to read. `about_state_file`: the help of --state-file.
void add_selection(CLI::App& command, Raw& raw, const char* about_state_file) {
  auto& options = raw.options;
  command.add_option("--catalog", options.catalog, "A Singer catalog that selects streams and columns")
      ->option_text("FILE");
  auto* state = command.add_option("--state", options.state, "A Singer state to start from; never written")
                    ->option_text("FILE");
  command.add_option("--state-file", options.state_file, about_state_file)
      ->option_text("FILE")
      ->excludes(state);
  add_patterns(command, raw);
  command
      .add_option("--since", options.since,
                  "Read from this time on, instead of from the state or the configured start")
      ->check(is_bound)
      ->option_text("DAY|TIME");
  command
      .add_option("--until", options.until, "Read up to this time, instead of now; a day is read to its end")
      ->check(is_bound)
      ->option_text("DAY|TIME");
}

void add_read(CLI::App& command, Raw& raw) {
  auto& options = raw.options;
  command.add_option("--jobs,-j", options.jobs, "Slices to read in parallel, 1 to 64 (default 4)")
      ->check(whole_number(1, 64))
      ->option_text("N");
  command
      .add_option("--rate", options.rate,
                  "Start at most this many requests a second, such as 10 or 0.5; at most 10000. With --shard "
                  "this is the rate of all shards together (default: as many as the source takes)")
      ->check(positive_number(10'000))
      ->option_text("N");
  command
      .add_option("--commit-interval", raw.commit_interval,
                  "Seconds between two states, 0 to 3600; 0 writes one after each slice (default 1)")
      ->check(seconds_up_to(3600))
      ->option_text("SECONDS");
  command
      .add_flag("--validate", options.validate,
                "Check each record against its stream's schema; a record that does not fit fails its slice")
      ->option_text(" ");
  command.add_option("--format", raw.format, "Format of standard output (default singer)")
      ->check(CLI::IsMember({"singer", "jsonl", "airbyte"}))
      ->option_text("singer|jsonl|airbyte");
  command
      .add_flag(
          "--keep-nul", options.keep_nul,
          "Keep the character U+0000 in records; by default it is removed, because databases cannot store it")
      ->option_text(" ");
  command
      .add_option(
          "--to", options.to,
          "Start this Singer target, feed it instead of standard output, and store the states that it prints")
      ->option_text("COMMAND");
  command
      .add_option("--rejects", options.rejects,
                  "Add records that cannot be read to this file, as JSON lines with the reason, and go on; "
                  "without it such a record fails its slice")
      ->option_text("FILE");
  command
      .add_option(
          "--every", raw.every,
          "Keep running, and start a sync at this interval, such as 30s, 5m or 1h; if a sync takes longer, "
          "the next one starts when it ends. "
          "A sync that fails is logged, and the next one tries again")
      ->transform(duration())
      ->option_text("TIME")
      ->needs(command.get_option("--state-file"))
      ->excludes(command.get_option("--since"))
      ->excludes(command.get_option("--until"));
  command.add_option("--summary", options.summary, "Write a summary of the run to a file, as JSON")
      ->option_text("FILE");
  command
      .add_option("--metrics", options.metrics,
                  "Write the run's metrics to a file in Prometheus's text format, replaced atomically")
      ->option_text("FILE");
  auto* output =
      command
          .add_option("--output", options.output,
                      "Write records to files DIR/STREAM/STREAM-TIME-NUMBER.jsonl instead of standard output")
          ->option_text("DIR");
  command
      .add_flag(
          "--overwrite", options.overwrite,
          "Replace the files that an earlier run wrote to the directory; without this option the run fails")
      ->option_text(" ")
      ->needs(output);
  command.add_option("--compress", raw.compress, "Compress the files (default none)")
      ->check(CLI::IsMember({"none", "gzip", "zstd"}))
      ->option_text("none|gzip|zstd")
      ->needs(output);
  command
      .add_option("--max-file-size", options.max_file_size,
                  "Start a new file before one exceeds this size, such as 100MB or 1GiB, before compression")
      ->transform(file_size())
      ->option_text("SIZE")
      ->needs(output);
  command.add_option("--max-file-rows", options.max_file_rows, "Start a new file after this many rows")
      ->check(whole_number(1, INT64_MAX))
      ->option_text("N")
      ->needs(output);
}

// The options with which several runs share the slices of a plan.
void add_shard(CLI::App& command, Raw& raw) {
  auto* plan = command.add_option(
      "--plan", raw.options.plan_file,
      "Read the slices of this file, which tapster plan --output has written. It also says "
      "which streams and columns to read, and from which state");
  plan->option_text("FILE")->needs(command.get_option("--state-file"));
  for (const auto* other : {"--catalog", "--select", "--exclude", "--since", "--until", "--state", "--every"})
    plan->excludes(command.get_option(other));
  command
      .add_option(
          "--shard", raw.shard,
          "Read only one of several equal shares of the plan: 3/8 is the third of eight. Each needs a "
          "--state-file of its own (default 1/1)")
      ->check(share())
      ->option_text("I/N")
      ->needs(plan);
}

// The arguments and options of tapster state.
void add_state(CLI::App& command, Raw& raw) {
  auto& options = raw.options;
  command.add_option("ACTION", raw.action, "What to do with the states")
      ->required()
      ->check(CLI::IsMember({"merge"}))
      ->option_text("merge");
  command.add_option("PLAN", options.plan_file, "The file of tapster plan --output")
      ->required()
      ->option_text(" ");
  command.add_option("STATE", options.states, "The state file of each shard")->required()->option_text(" ");
  add_config(command, raw)->required();
  command
      .add_option(
          "--state-file", options.state_file,
          "Replace the state in this file, from which the plan was made, with the merged state (default: "
          "print it)")
      ->option_text("FILE");
}

void add_preview(CLI::App& command, Raw& raw) {
  command.add_option("STREAM", raw.options.stream, "A stream; see tapster discover")
      ->required()
      ->option_text(" ");
  command.add_option("--rows,-n", raw.options.rows, "Number of rows, 1 to 10000 (default 20)")
      ->check(whole_number(1, 10'000))
      ->option_text("N");
  command.add_flag("--expanded,-x", raw.options.expanded, "Show one column per line")->option_text(" ");
  add_patterns(command, raw);
}

void add_validate(CLI::App& command, Raw& raw) {
  command.add_option("NAME", raw.options.connector, "A connector, or its file: tapster-NAME.so")
      ->required()
      ->option_text(" ");
  add_config(command, raw);
  command
      .add_option("--select", raw.options.select,
                  "Read only the streams that match; repeatable (default: what the catalog selects)")
      ->option_text("PATTERN")
      ->allow_extra_args(false);
  add_report(command, raw, {"text", "json"});
  command
      .add_flag_callback(
          "--json", [&raw] { raw.report = "json"; }, "Same as --format json")
      ->option_text(" ");
}

// ---- The options of each command

void add_list_options(CLI::App& command, Raw& raw) {
  add_report(command, raw, {"text", "json"});
  add_common(command, raw);
}

void add_info_options(CLI::App& command, Raw& raw) {
  add_connector(command, raw);
  add_config(command, raw);
  add_credentials(command, raw.options);
  add_report(command, raw, {"text", "json", "markdown", "meltano"});
  command.add_flag("--markdown", raw.markdown, "Same as --format markdown: the connector's reference")
      ->option_text(" ");
  command
      .add_flag("--meltano", raw.meltano, "Same as --format meltano: a definition of its tap for meltano.yml")
      ->option_text(" ");
  add_common(command, raw);
}

void add_spec_options(CLI::App& command, Raw& raw) {
  add_connector(command, raw);
  add_protocol(command, raw);
  add_common(command, raw);
}

void add_check_options(CLI::App& command, Raw& raw) {
  add_source(command, raw);
  add_protocol(command, raw);
  add_common(command, raw);
}

void add_discover_options(CLI::App& command, Raw& raw) {
  add_source(command, raw);
  add_protocol(command, raw);
  add_patterns(command, raw);
  add_common(command, raw);
}

void add_select_options(CLI::App& command, Raw& raw) {
  add_select(command, raw);
  add_common(command, raw);
}

void add_plan_options(CLI::App& command, Raw& raw) {
  add_source(command, raw);
  add_selection(command, raw, "A state to start from if the file exists; never written");
  add_report(command, raw, {"text", "json"}, "a table on a terminal, otherwise JSON lines");
  command
      .add_option("--output", raw.options.plan_file,
                  "Write the plan to a new file, whose slices several runs of read --plan can share")
      ->option_text("FILE")
      ->excludes(command.get_option("--format"));
  add_common(command, raw);
}

void add_read_options(CLI::App& command, Raw& raw) {
  add_source(command, raw);
  add_selection(
      command, raw,
      "Keep the state in this file: read at the start if it exists, replaced as records are written");
  add_read(command, raw);
  add_shard(command, raw);
  add_common(command, raw);
}

void add_link_options(CLI::App& command, Raw& raw) {
  add_connector(command, raw);
  command.add_option("DIR", raw.options.directory, "The directory of the link")->required()->option_text(" ");
  add_protocol(command, raw);
  add_common(command, raw);
}

void add_state_options(CLI::App& command, Raw& raw) {
  add_credentials(command, raw.options);
  add_state(command, raw);
  add_common(command, raw);
}

void add_new_options(CLI::App& command, Raw& raw) {
  command
      .add_option("NAME", raw.options.connector,
                  "Its name: a lowercase letter, followed by lowercase letters, digits and hyphens")
      ->required()
      ->option_text(" ");
  command
      .add_option("--directory", raw.options.directory,
                  "The folder, which must be empty if it exists (default NAME)")
      ->option_text("DIR");
  add_common(command, raw);
}

void add_preview_options(CLI::App& command, Raw& raw) {
  add_source(command, raw);
  add_preview(command, raw);
  add_report(command, raw, {"text", "json"}, "a table on a terminal, otherwise JSON lines");
  add_common(command, raw);
}

void add_validate_options(CLI::App& command, Raw& raw) {
  add_validate(command, raw);
  add_common(command, raw);
}

void add_completion_options(CLI::App& command, Raw& raw) {
  command.add_option("SHELL", raw.options.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->option_text("bash|zsh|fish");
}

// ---- The commands

struct CommandEntry {
  Command command;
  const char* name;
  const char* about;
  const char* examples;
  void (*add_options)(CLI::App& command, Raw& raw);
};

// In the order of --help.
constexpr CommandEntry entries[] = {
    {Command::list, "list", "List the installed connectors", list_examples, add_list_options},
    {Command::info, "info", "Show a connector's settings and, with --config, its streams", info_examples,
     add_info_options},
    {Command::spec, "spec", "Print the JSON Schema of the connector's config", spec_examples,
     add_spec_options},
    {Command::check, "check", "Check that a config works, with few requests", check_examples,
     add_check_options},
    {Command::discover, "discover", "Print the catalog: streams, columns and keys", discover_examples,
     add_discover_options},
    {Command::select, "select", "Select the streams and columns of a catalog file", select_examples,
     add_select_options},
    {Command::plan, "plan", "Print the slices that read would read", plan_examples, add_plan_options},
    {Command::read, "read", "Read the source and write its records", read_examples, add_read_options},
    {Command::link, "link",
     "Create the link DIR/tap-NAME, which runs the connector as a Singer tap; with "
     "--format airbyte, DIR/source-NAME, an Airbyte source",
     link_examples, add_link_options},
    {Command::merge_states, "state", "Merge the states of the shards of a plan", state_examples,
     add_state_options},
    {Command::new_connector, "new", "Write the folder of a new connector, with tests and a demo API",
     new_examples, add_new_options},
    {Command::preview, "preview", "Show a stream's newest rows", preview_examples, add_preview_options},
    {Command::validate, "validate", "Check a connector against the rules of the interface", validate_examples,
     add_validate_options},
    {Command::completion, "completion", "Print a shell's completion script", completion_examples,
     add_completion_options}};

}  // namespace

CommandLine::CommandLine(Raw& raw, size_t help_width)
    : app("Loads a connector, reads its source, and writes Singer messages, JSON lines or files.",
          "tapster") {
  app.set_version_flag("--version",
                       fmt::format("tapster {} (commit {}, connector ABI {}.{})", TAPSTER_VERSION, commit(),
                                   TAPSTER_ABI_MAJOR, TAPSTER_ABI_MINOR));
  app.require_subcommand(1);
  app.formatter(std::make_shared<HelpFormatter>(help_width));
  app.footer(std::string(main_examples) + exit_codes);
  std::string names;
  for (const auto& entry : entries) {
    auto* command = app.add_subcommand(entry.name, entry.about);
    entry.add_options(*command, raw);
    refuse_empty_values(*command);
    command->footer(entry.examples);
    commands.emplace_back(command, entry.command);
    names += fmt::format("{}{}", names.empty() ? "" : "|", entry.name);
  }
  auto* help = app.add_subcommand("help", "Show the help of a command");
  help->add_option("COMMAND", raw.help_command, "A command")->option_text(names);
  help->add_flag("--man", raw.prints_man_page, "Print the manual page instead, for man -l -")
      ->option_text(" ");
  commands.emplace_back(help, Command::help);
}

std::optional<Bound> read_bound(std::string_view text) {
  if (const auto time = parse_time(text)) return Bound{*time, *time};
  // A day outside the years 1678 to 2261 has no FineTime.
  const auto utc = parse_day(text) ? parse_time(fmt::format("{}T00:00:00Z", text)) : std::nullopt;
  if (!utc) return std::nullopt;
  return Bound{*utc - 14h, *utc + 24h + 12h};
}

}  // namespace tapster::host
