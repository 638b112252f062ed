#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/credentials_option.hpp"
#include "cli/help_formatter.hpp"
#include "cli/number_options.hpp"
#include "system/commit.hpp"

namespace tapster::host {

const char* const exit_codes = R"(Exit codes:
  0      success: everything requested was done
  1      the source or the machine failed
  2      the command line, config, catalog or state is invalid, or another run uses the state, the credentials
         or the files
  3      the source rejected the credentials
  4      the connector was not found or cannot be loaded
  5      some streams failed; what was read is written, and the state matches it
  6      the records cannot be written: the reader closed the pipe, the target failed, the disk is full
  7      the connector breaks a rule of the contract (tapster validate)
  128+n  stopped by signal n; what was read is written, and the state matches it
)";

namespace {

using namespace std::chrono_literals;

constexpr const char* main_examples = R"(
Examples:
  tapster list
  tapster info postmark
  tapster check postmark --config config.json
  tapster preview postmark messages_outbound --config config.json
  tapster read postmark --config config.json --state-file state.json | target-jsonl
  tapster read postmark --config config.json --state-file state.json --output data

'tapster help COMMAND' shows a command's options and examples, and
'tapster help --man COMMAND | man -l -' its manual page.

)";

constexpr const char* list_examples = R"(
Examples:
  tapster list
  The connectors in a directory of your own, as JSON:
    tapster list --plugin-dir ./build --format json
)";

constexpr const char* info_examples = R"(
Examples:
  The settings of a connector:
    tapster info postmark
  Its streams as well:
    tapster info postmark --config config.json
  A definition for meltano.yml:
    tapster info postmark --config config.json --meltano
)";

constexpr const char* spec_examples = R"(
Examples:
  tapster spec postmark > config.schema.json
)";

constexpr const char* check_examples = R"(
Examples:
  tapster check postmark --config config.json
  Settings from the environment, TAP_POSTMARK_START_DATE and so on:
    tapster check postmark --config ENV
)";

constexpr const char* discover_examples = R"(
Examples:
  tapster discover postmark --config config.json > catalog.json
  Select the messages without their subjects:
    tapster discover postmark --config config.json --select 'messages_*' --exclude '*.subject' > catalog.json
)";

constexpr const char* select_examples = R"(
Without a pattern, a list opens on the terminal.

Examples:
  Only the message streams, without subjects:
    tapster select catalog.json 'messages_*' --exclude '*.subject'
  Only the addresses of the recipients, to standard output:
    tapster select catalog.json 'messages_outbound.to.Email' --print
)";

constexpr const char* plan_examples = R"(
Examples:
  What the next run would read:
    tapster plan postmark --config config.json --state-file state.json
  A sync for several machines; see tapster help state:
    tapster plan postmark --config config.json --state-file state.json --output plan.jsonl
)";

constexpr const char* state_examples = R"(
merge makes the state of a whole sync from the states of
its shards, without a request. If a slice of the plan has
not been read, it fails, and names the shards to run again.

Examples:
  Two shards of a sync, which may run on two machines:
    tapster plan postmark --config config.json --state-file state.json --output plan.jsonl
    tapster read postmark --config config.json --plan plan.jsonl --shard 1/2 --state-file s1.json --output data/1
    tapster read postmark --config config.json --plan plan.jsonl --shard 2/2 --state-file s2.json --output data/2
    tapster state merge plan.jsonl s1.json s2.json --config config.json --state-file state.json
)";

constexpr const char* read_examples = R"(
Examples:
  Feed a Singer target, continuing where the last run ended:
    tapster read postmark --config config.json --state-file state.json --to 'target-postgres --config pg.json'
  All of January for some streams, as JSON lines:
    tapster read postmark --config config.json --since 2026-01-01 --until 2026-01-31 \
      --select 'messages_*' --format jsonl
  Files for a warehouse or an object store; each run adds new ones:
    tapster read postmark --config config.json --state-file state.json --output data \
      --compress zstd --max-file-size 100MB
  A copy that is at most five minutes old, without a scheduler:
    tapster read postmark --config config.json --state-file state.json --output data --every 5m
  An eighth of a sync, on one of eight machines; see tapster help state:
    tapster read postmark --config config.json --plan plan.jsonl --shard 3/8 --state-file s3.json --output data/3
)";

constexpr const char* preview_examples = R"(
Examples:
  tapster preview postmark messages_outbound --config config.json
  tapster preview postmark bounces --config config.json --rows 100 --format json
  All columns of the newest message:
    tapster preview postmark messages_outbound --config config.json --rows 1 --expanded
  Some columns:
    tapster preview postmark messages_outbound --config config.json --select '*.subject' --select '*.status'
)";

constexpr const char* link_examples = R"(
Examples:
  tapster link postmark ~/.local/bin && tap-postmark --version
)";

constexpr const char* validate_examples = R"(
Without a config, rules that need one are skipped, and no
connection is made. The exit code is 7 if a rule fails.

Examples:
  The rules that need no config:
    tapster validate postmark
  All rules, for two streams:
    tapster validate postmark --config config.json --stream bounces --stream 'messages_*'
  A connector that is not installed, as JSON:
    tapster validate build/tapster-mail.so --config config.json --json
)";

constexpr const char* new_examples = R"(
Examples:
  tapster new acme
  In a folder that exists and is empty:
    tapster new acme --directory .
)";

constexpr const char* completion_examples = R"(
Add the line for your shell to its startup file:
  source <(tapster completion bash)        in ~/.bashrc
  source <(tapster completion zsh)         in ~/.zshrc, after compinit
  tapster completion fish | source         in ~/.config/fish/config.fish
)";

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
          "environment variable; - for standard input; or ENV, for variables named TAP_CONNECTOR_SETTING. "
          "Repeatable; later ones override earlier ones")
      ->option_text("FILE|ENV")
      ->allow_extra_args(false);
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
          "Keep running, and sync again each time this has passed since the last sync began: 30s, 5m, 1h. "
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
  auto* plan =
      command.add_option("--plan", raw.options.plan_file,
                         "Read the slices of this file, which tapster plan --output has written, with its "
                         "streams and columns, from its state on");
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
          "Write the state of the whole sync to this file, from which the plan was made, instead of to "
          "standard output")
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
      .add_option("--stream", raw.options.select,
                  "Read only the streams that match; repeatable (default: what the catalog selects)")
      ->option_text("PATTERN")
      ->allow_extra_args(false);
  add_report(command, raw, {"text", "json"});
  command
      .add_flag_callback(
          "--json", [&raw] { raw.report = "json"; }, "Same as --format json")
      ->option_text(" ");
}

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

  auto* list = app.add_subcommand("list", "List the installed connectors");
  auto* info = app.add_subcommand("info", "Show a connector's settings and, with --config, its streams");
  auto* spec = app.add_subcommand("spec", "Print the JSON Schema of the connector's config");
  auto* check = app.add_subcommand("check", "Check that a config works, with few requests");
  auto* discover = app.add_subcommand("discover", "Print the catalog: streams, columns and keys");
  auto* select = app.add_subcommand("select", "Select the streams and columns of a catalog file");
  auto* plan = app.add_subcommand("plan", "Print the slices that read would read");
  auto* read = app.add_subcommand("read", "Read the source and write its records");
  auto* link =
      app.add_subcommand("link",
                         "Create the link DIR/tap-NAME, which runs the connector as a Singer tap; with "
                         "--format airbyte, DIR/source-NAME, an Airbyte source");
  auto* state = app.add_subcommand("state", "Merge the states of the shards of a plan");
  auto* fresh = app.add_subcommand("new", "Write the folder of a new connector, with tests and a demo API");
  auto* preview = app.add_subcommand("preview", "Show a stream's newest rows");
  auto* validate = app.add_subcommand("validate", "Check a connector against the rules of the contract");
  auto* completion = app.add_subcommand("completion", "Print a shell's completion script");
  auto* help = app.add_subcommand("help", "Show the help of a command");

  for (auto* command : {info, spec, check, discover, plan, read, link, preview}) add_connector(*command, raw);
  add_validate(*validate, raw);
  for (auto* command : {check, discover, plan, read, preview}) add_config(*command, raw)->required();
  add_config(*info, raw);
  for (auto* command : {info, check, discover, plan, read, state, preview})
    add_credentials(*command, raw.options);
  add_report(*list, raw, {"text", "json"});
  add_report(*info, raw, {"text", "json", "markdown", "meltano"});
  info->add_flag("--markdown", raw.markdown, "Same as --format markdown: the connector's reference")
      ->option_text(" ");
  info->add_flag("--meltano", raw.meltano,
                 "Same as --format meltano: a definition of its tap for meltano.yml")
      ->option_text(" ");
  link->add_option("DIR", raw.options.directory, "The directory of the link")->required()->option_text(" ");
  fresh
      ->add_option("NAME", raw.options.connector,
                   "Its name: a lowercase letter, followed by lowercase letters, digits and hyphens")
      ->required()
      ->option_text(" ");
  fresh
      ->add_option("--directory", raw.options.directory,
                   "The folder, which must be empty if it exists (default NAME)")
      ->option_text("DIR");
  for (auto* command : {spec, check, discover, link}) add_protocol(*command, raw);
  add_patterns(*discover, raw);
  add_select(*select, raw);
  add_selection(*plan, raw, "A state to start from if the file exists; never written");
  add_selection(
      *read, raw,
      "Keep the state in this file: read at the start if it exists, replaced as records are written");
  add_read(*read, raw);
  add_shard(*read, raw);
  add_state(*state, raw);
  add_preview(*preview, raw);
  for (auto* command : {preview, plan})
    add_report(*command, raw, {"text", "json"}, "a table on a terminal, otherwise JSON lines");
  plan->add_option("--output", raw.options.plan_file,
                   "Write the plan to a new file, whose slices several runs of read --plan can share")
      ->option_text("FILE")
      ->excludes(plan->get_option("--format"));
  completion->add_option("SHELL", raw.options.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->option_text("bash|zsh|fish");
  for (auto* command :
       {list, info, spec, check, discover, select, plan, read, state, link, fresh, preview, validate})
    add_common(*command, raw);
  const std::vector<std::pair<CLI::App*, const char*>> examples = {
      {list, list_examples},         {info, info_examples},
      {spec, spec_examples},         {check, check_examples},
      {discover, discover_examples}, {select, select_examples},
      {plan, plan_examples},         {read, read_examples},
      {state, state_examples},       {preview, preview_examples},
      {link, link_examples},         {fresh, new_examples},
      {validate, validate_examples}, {completion, completion_examples}};
  std::string names;
  for (const auto& [command, text] : examples) {
    command->footer(text);
    names += (names.empty() ? "" : "|") + command->get_name();
  }
  help->add_option("COMMAND", raw.help_command, "A command")->option_text(names);
  help->add_flag("--man", raw.prints_man_page, "Print the manual page instead, for man -l -")
      ->option_text(" ");
  commands = {{list, Command::list},
              {info, Command::info},
              {spec, Command::spec},
              {check, Command::check},
              {discover, Command::discover},
              {select, Command::select},
              {plan, Command::plan},
              {read, Command::read},
              {state, Command::merge_states},
              {preview, Command::preview},
              {completion, Command::completion},
              {link, Command::link},
              {fresh, Command::new_connector},
              {validate, Command::validate},
              {help, Command::help}};
}

std::optional<Bound> read_bound(std::string_view text) {
  if (const auto time = parse_time(text)) return Bound{*time, *time};
  // A day outside the years 1678 to 2261 has no FineTime.
  const auto utc = parse_day(text) ? parse_time(fmt::format("{}T00:00:00Z", text)) : std::nullopt;
  if (!utc) return std::nullopt;
  return Bound{*utc - 14h, *utc + 24h + 12h};
}

}  // namespace tapster::host
