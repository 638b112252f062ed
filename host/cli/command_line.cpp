#include "cli/command_line.hpp"

#include <fmt/format.h>

namespace tapster::host {

const char* const exit_codes = R"(Exit codes:
  0  everything that was asked for was done
  1  the source or the machine failed
  2  the command line, config, catalog or state cannot be used, or another run holds the state or the files
  3  the source refuses the credentials
  4  the connector was not found or cannot be loaded
  5  some stream failed; what was read is written, and the state is true
  6  the records cannot be written: the reader went away, the target failed, the disk is full
  128+n  stopped by signal n; what was read is written, and the state is true)";

namespace {

using namespace std::chrono_literals;

constexpr const char* examples = R"(
Examples:
  tapster list                                        which connectors there are
  tapster info postmark                               what one wants to know in its config
  tapster check postmark --config config.json         whether the config works
  tapster discover postmark --config config.json      which streams and columns there are
  tapster preview postmark messages_outbound --config config.json     its newest rows
  tapster read postmark --config config.json --state-file state.json | target-jsonl
  tapster read postmark --config config.json --output data --state-file state.json

'tapster COMMAND --help' tells more.
)";

constexpr const char* select_examples = R"(
Without a pattern, a list in the terminal lets a person choose.

Examples:
  The messages without their subjects, and nothing else:
    tapster select catalog.json 'messages_*' --exclude '*.subject'
  Of the recipients the addresses alone:
    tapster select catalog.json 'messages_outbound.to.Email' --print

)";

constexpr const char* read_examples = R"(
Examples:
  Feed a Singer target, and go on from where the last run ended:
    tapster read postmark --config config.json --state-file state.json --to 'target-postgres --config pg.json'
  All that happened in January, as JSON lines, of two streams:
    tapster read postmark --config config.json --since 2026-01-01 --until 2026-01-31 \
      --select 'messages_*' --format jsonl
  Files for a warehouse or an object store, more of them with each run:
    tapster read postmark --config config.json --output data --state-file state.json \
      --compress zstd --max-file-size 100MB

)";

constexpr const char* completion_examples = R"(
Where each shell reads it when it starts:
  source <(tapster completion bash)        in ~/.bashrc
  source <(tapster completion zsh)         in ~/.zshrc, after compinit
  tapster completion fish | source         in ~/.config/fish/config.fish

)";

const CLI::Validator is_bound(
    [](const std::string& text) {
      if (read_bound(text)) return std::string();
      return fmt::format("\"{}\" is neither a day, as 2026-01-31, nor a time, as 2026-01-31T12:00:00Z", text);
    },
    "DAY|TIME");

void add_common(CLI::App& command, Raw& raw) {
  command
      .add_option("--plugin-dir", raw.options.plugin_dirs,
                  "A directory to look for connectors in, before the others; repeatable")
      ->option_text("DIR")
      ->allow_extra_args(false);
  command.add_option("--log-format", raw.log_format, "How to log on standard error (default text)")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
  auto* level = command.add_option("--log-level", raw.log_level, "The least level to log (default info)")
                    ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
                    ->option_text("debug|info|warning|error");
  auto* verbose = command.add_flag("-v,--verbose", raw.verbose, "The same as --log-level debug")
                      ->excludes(level)
                      ->option_text(" ");
  command.add_flag("-q,--quiet", raw.quiet, "The same as --log-level warning")
      ->excludes(level)
      ->excludes(verbose)
      ->option_text(" ");
}

void add_connector(CLI::App& command, Raw& raw) {
  command.add_option("NAME", raw.options.connector, "The connector; tapster list shows them")
      ->required()
      ->option_text(" ");
}

CLI::Option* add_config(CLI::App& command, Raw& raw) {
  return command
      .add_option("--config,-c", raw.options.config,
                  "The connector's settings: a JSON object, in whose strings ${NAME} is an environment "
                  "variable, or ENV for the variables TAP_CONNECTOR_SETTING; repeatable, the last counts")
      ->option_text("FILE|ENV")
      ->allow_extra_args(false);
}

void add_report(CLI::App& command, Raw& raw, const std::vector<std::string>& reports,
                std::string_view otherwise = "text") {
  command
      .add_option("--format", raw.report, fmt::format("For people or for machines (default {})", otherwise))
      ->check(CLI::IsMember(reports))
      ->option_text(fmt::format("{}", fmt::join(reports, "|")));
}

// The protocol that spec, check and discover answer in.
void add_protocol(CLI::App& command, Raw& raw) {
  command.add_option("--format", raw.format, "Whose protocol to speak (default singer)")
      ->check(CLI::IsMember({"singer", "airbyte"}))
      ->option_text("singer|airbyte");
}

void add_exclude(CLI::App& command, Raw& raw) {
  command
      .add_option("--exclude", raw.options.exclude,
                  "Leave out the streams, or the columns, that match; repeatable")
      ->option_text("PATTERN")
      ->allow_extra_args(false);
}

void add_patterns(CLI::App& command, Raw& raw) {
  command
      .add_option("--select", raw.options.select,
                  "Only the streams that match 'STREAM', or of them the columns that match 'STREAM.COLUMN'; "
                  "repeatable (default: as the catalog says)")
      ->option_text("PATTERN")
      ->allow_extra_args(false);
  add_exclude(command, raw);
}

void add_select(CLI::App& command, Raw& raw) {
  auto& options = raw.options;
  command.add_option("CATALOG", options.catalog, "The catalog's file; - for standard input")
      ->required()
      ->option_text(" ");
  command
      .add_option("PATTERN", options.select, "Select what matches 'STREAM' or 'STREAM.COLUMN', and no more")
      ->option_text(" ");
  add_exclude(command, raw);
  command.add_flag("--print", options.prints, "Write to standard output, and leave the file alone")
      ->option_text(" ");
}

// What plan and read have in common: which part of the source is meant. `about_state_file` as the command uses it.
void add_selection(CLI::App& command, Raw& raw, const char* about_state_file) {
  auto& options = raw.options;
  command.add_option("--catalog", options.catalog, "A Singer catalog that selects streams and columns")
      ->option_text("FILE");
  auto* state =
      command.add_option("--state", options.state, "A Singer state to start from; it is never written")
          ->option_text("FILE");
  command.add_option("--state-file", options.state_file, about_state_file)
      ->option_text("FILE")
      ->excludes(state);
  add_patterns(command, raw);
  command.add_option("--since", options.since, "Start here, instead of at the state or the configured start")
      ->check(is_bound)
      ->option_text("DAY|TIME");
  command.add_option("--until", options.until, "Stop here, instead of now; a day is included")
      ->check(is_bound)
      ->option_text("DAY|TIME");
}

void add_read(CLI::App& command, Raw& raw) {
  auto& options = raw.options;
  command.add_option("--jobs,-j", options.jobs, "Slices to read at once, 1 to 64 (default 4)")
      ->check(CLI::Range(1, 64))
      ->option_text("N");
  command
      .add_option(
          "--commit-interval", raw.commit_interval,
          "Seconds between two states that are told and stored; 0 for one after each slice (default 1)")
      ->check(CLI::Range(0.0, 3600.0))
      ->option_text("SECONDS");
  command
      .add_flag(
          "--validate", options.validate,
          "Check each record against its stream's schema, at some microseconds each; one that does not fit "
          "is not written and fails its slice")
      ->option_text(" ");
  command.add_option("--format", raw.format, "The form of the records on standard output (default singer)")
      ->check(CLI::IsMember({"singer", "jsonl", "airbyte"}))
      ->option_text("singer|jsonl|airbyte");
  command
      .add_option(
          "--to", options.to,
          "Run this Singer target, feed it instead of standard output, and store the states that it confirms")
      ->option_text("COMMAND");
  command.add_option("--summary", options.summary, "Write what the run did to a file, as JSON")
      ->option_text("FILE");
  auto* output =
      command
          .add_option(
              "--output", options.output,
              "Write bare records to files DIR/STREAM/STREAM-TIME-NUMBER.jsonl instead of standard output")
          ->option_text("DIR");
  command.add_option("--compress", raw.compress, "Compress the files (default none)")
      ->check(CLI::IsMember({"none", "gzip", "zstd"}))
      ->option_text("none|gzip|zstd")
      ->needs(output);
  command
      .add_option("--max-file-size", options.max_file_size,
                  "Begin a new file before one would be larger, before compression: 100MB, 1GiB")
      ->transform(CLI::AsSizeValue(true))
      ->check(CLI::PositiveNumber)
      ->option_text("SIZE")
      ->needs(output);
  command.add_option("--max-file-rows", options.max_file_rows, "Begin a new file after so many rows")
      ->check(CLI::PositiveNumber)
      ->option_text("N")
      ->needs(output);
}

void add_preview(CLI::App& command, Raw& raw) {
  command.add_option("STREAM", raw.options.stream, "The stream; tapster discover shows them")
      ->required()
      ->option_text(" ");
  command.add_option("--rows,-n", raw.options.rows, "How many rows, 1 to 10000 (default 20)")
      ->check(CLI::Range(1, 10'000))
      ->option_text("N");
}

}  // namespace

CommandLine::CommandLine(Raw& raw)
    : app("Loads a connector, reads its source, and writes Singer messages or JSON lines.", "tapster") {
  app.set_version_flag("--version", fmt::format("tapster {} (connector ABI {}.{})", TAPSTER_VERSION,
                                                TAPSTER_ABI_MAJOR, TAPSTER_ABI_MINOR));
  app.require_subcommand(1);
  app.get_formatter()->column_width(36);
  app.footer(std::string(examples) + "\n" + exit_codes);

  auto* list = app.add_subcommand("list", "Show the connectors that there are");
  auto* info = app.add_subcommand("info", "Show a connector, its settings and, with --config, its streams");
  auto* spec = app.add_subcommand("spec", "Print the JSON Schema of the connector's config");
  auto* check = app.add_subcommand("check", "Prove that a config works, with few requests");
  auto* discover =
      app.add_subcommand("discover", "Print the catalog: streams, columns and keys, in Singer's form");
  auto* select = app.add_subcommand("select", "Choose the streams and columns of a catalog");
  auto* plan = app.add_subcommand("plan", "Print the slices that read would read, one JSON line each");
  auto* read = app.add_subcommand("read", "Read the source and write its records");
  auto* link = app.add_subcommand("link",
                                  "Make DIR/tap-NAME, a link that makes this program the connector's Singer "
                                  "tap, or with --format airbyte "
                                  "DIR/source-NAME, its Airbyte source");
  auto* preview = app.add_subcommand("preview", "Show a stream's newest rows");
  auto* completion =
      app.add_subcommand("completion", "Print what teaches a shell to complete this command line");

  for (auto* command : {info, spec, check, discover, plan, read, link, preview}) add_connector(*command, raw);
  for (auto* command : {check, discover, plan, read, preview}) add_config(*command, raw)->required();
  add_config(*info, raw);
  add_report(*list, raw, {"text", "json"});
  add_report(*info, raw, {"text", "json", "markdown", "meltano"});
  info->add_flag("--markdown", raw.markdown, "The same as --format markdown: the connector's reference")
      ->option_text(" ");
  info->add_flag("--meltano", raw.meltano,
                 "The same as --format meltano: a definition of its tap, for meltano.yml")
      ->option_text(" ");
  link->add_option("DIR", raw.options.directory, "Where the link is to be")->required()->option_text(" ");
  for (auto* command : {spec, check, discover, link}) add_protocol(*command, raw);
  add_patterns(*discover, raw);
  add_select(*select, raw);
  add_selection(*plan, raw, "A state to start from if the file exists; plan never writes it");
  add_selection(*read, raw,
                "A state to start from if the file exists, and to replace as records are written");
  add_read(*read, raw);
  add_preview(*preview, raw);
  add_report(*preview, raw, {"text", "json"}, "a table on a terminal, otherwise JSON lines");
  completion->add_option("SHELL", raw.options.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->option_text("bash|zsh|fish");
  for (auto* command : {list, info, spec, check, discover, select, plan, read, link, preview}) {
    add_common(*command, raw);
    command->footer(std::string("\n") + exit_codes);
  }
  select->footer(std::string(select_examples) + exit_codes);
  read->footer(std::string(read_examples) + exit_codes);
  completion->footer(std::string(completion_examples) + exit_codes);
  commands = {{list, Command::list},         {info, Command::info},
              {spec, Command::spec},         {check, Command::check},
              {discover, Command::discover}, {select, Command::select},
              {plan, Command::plan},         {read, Command::read},
              {preview, Command::preview},   {completion, Command::completion},
              {link, Command::link}};
}

std::optional<Bound> read_bound(std::string_view text) {
  if (const auto time = parse_time(text)) return Bound{*time, *time};
  const auto day = parse_day(text);
  if (!day) return std::nullopt;
  const FineTime utc(day->time_since_epoch());
  return Bound{utc - 14h, utc + 24h + 12h};
}

}  // namespace tapster::host
