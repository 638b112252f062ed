// tapster read: a sync, from the selection of streams to the summary.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "commands/commands.hpp"
#include "commands/read_inputs.hpp"
#include "commands/rounds.hpp"
#include "commands/run_files.hpp"
#include "commands/shard_inputs.hpp"
#include "output/files/file_output.hpp"
#include "output/target.hpp"
#include "report/metrics.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "report/progress_display.hpp"
#include "report/prometheus.hpp"
#include "report/summary.hpp"
#include "sync/sync.hpp"
#include "system/file.hpp"
#include "system/terminal.hpp"
#include "system/uuid.hpp"

namespace tapster::host {

namespace {

// "20260131T120000Z", or for a shard "20260131T120000Z-3of8": the files of all shards can be put together.
std::string name_of_run(const CommandContext& context) {
  auto name = format_time(std::chrono::floor<std::chrono::seconds>(context.clock.now()));
  std::erase_if(name, [](char c) { return c == '-' || c == ':'; });
  if (context.options.shards > 1)
    name += fmt::format("-{}of{}", context.options.shard, context.options.shards);
  return name;
}

PartOptions part_options(const CommandContext& context) {
  return {.compression = context.options.compression,
          .largest = context.options.max_file_size,
          .most_rows = context.options.max_file_rows,
          .run = name_of_run(context)};
}

std::unique_ptr<Output> choose_output(const CommandContext& context, const Progress& progress) {
  if (context.options.output)
    return file_output(*context.options.output, context.options.state_file.has_value(), part_options(context),
                       context.options.overwrite);
  if (context.options.format == Format::jsonl) return jsonl_output(context.output);
  if (context.options.format == Format::airbyte)
    return airbyte_output(context.lines, context.clock, progress);
  return singer_output(context.output, context.clock);
}

// The target of --to; null without it.
Outcome<std::unique_ptr<Target>> start_target(const CommandContext& context, Source& source,
                                              const StartingPoint& start) {
  if (!context.options.to) return nullptr;
  const auto commit = [&](const State& state) {
    return start.state_file ? start.state_file->replace(state)
                            : print(context.output, state.to_singer() + "\n");
  };
  return Target::start(*context.options.to, start.state,
                       {context.clock, context.log, commit, [&source] { source.cancel(); }});
}

// Metrics are for orchestrators: they read the log of a run whose records go to another program or into
// files.
bool wants_metrics(const CommandContext& context) {
  struct stat file {};
  if (context.options.format != Format::singer || ::isatty(2) == 1) return false;
  return context.options.to || context.options.output ||
         (::fstat(context.output, &file) == 0 && (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode)));
}

// The progress display is for a person at a terminal, not for a log, and would mix with records there.
bool wants_display(const CommandContext& context) {
  const auto& options = context.options;
  const bool prints_records = !options.output && !options.to;
  return can_redraw(2) && options.log_format == LogFormat::text && options.log_level <= Level::info &&
         !(prints_records && ::isatty(context.output) == 1);
}

void warn_of_changes(const CommandContext& context, const Progress& progress) {
  for (const auto& stream : progress) {
    if (stream.removed_nul > 0)
      context.log.write(Level::warning, "tapster", stream.name,
                        fmt::format("removed {} characters U+0000, which databases cannot store "
                                    "(--keep-nul keeps them)",
                                    stream.removed_nul.load()));
    if (stream.rejected > 0)
      context.log.write(Level::warning, "tapster", stream.name,
                        fmt::format("{} records cannot be read; they are in {}", stream.rejected.load(),
                                    context.options.rejects->string()));
  }
}

// The streams of a run without a plan.
Outcome<std::vector<SelectedStream>> whole_streams(const CommandContext& context, Source& source,
                                                   const State& state) {
  const auto catalogs = read_catalogs(context, source, state);
  if (!catalogs) return tl::unexpected(catalogs.error());
  auto streams = selected_streams(context, *catalogs);
  // A read of a time range has no version: it must not delete the rows outside the range.
  if (streams && context.options.since.empty() && context.options.until.empty())
    give_versions(*streams, state, context.clock.now());
  return streams;
}

// Everything of a run between opening the source and its end.
Outcome<void> sync_all(const CommandContext& context, Source& source, HostServices& services,
                       Progress& progress) {
  auto start = starting_point(context);
  if (!start) return tl::unexpected(std::move(start).error());
  std::optional<Shard> shard;
  if (context.options.plan_file) {
    auto found = find_shard(context, start->state);
    if (!found) return tl::unexpected(std::move(found).error());
    shard = *std::move(found);
  }
  auto streams =
      shard ? planned_streams(context, source, shard->plan()) : whole_streams(context, source, start->state);
  if (!streams) return tl::unexpected(std::move(streams).error());
  for (auto& stream : *streams) stream.is_shard = shard.has_value();

  std::unique_ptr<Rejects> rejects;
  if (context.options.rejects) {
    auto opened = Rejects::open(*context.options.rejects);
    if (!opened) return tl::unexpected(std::move(opened).error());
    rejects = *std::move(opened);
  }
  for (const auto& stream : *streams) progress.emplace_back(stream.name);
  const auto target = start_target(context, source, *start);
  if (!target) return tl::unexpected(target.error());
  const auto own_output = *target ? nullptr : choose_output(context, progress);
  Output& output = *target ? **target : *own_output;
  // With a target, the states that it confirms are stored instead.
  const bool stores = start->state_file && !*target;
  const SyncContext parts{source,
                          services,
                          context.log,
                          output,
                          stores ? &*start->state_file : nullptr,
                          progress,
                          rejects.get(),
                          shard ? &*shard : nullptr};
  const SyncOptions options{.jobs = context.options.jobs,
                            .since = context.options.since,
                            .until = context.options.until,
                            .keep_nul = context.options.keep_nul,
                            .validate = context.options.validate,
                            .commit_interval = context.options.commit_interval};
  const auto began = context.clock.monotonic();
  std::optional<Metrics> metrics;
  if (wants_metrics(context))
    metrics.emplace(
        progress, [&] { return services.counters(); }, context.clock, context.log);
  std::optional<ProgressDisplay> display;
  if (wants_display(context)) display.emplace(progress, context.clock, context.log);
  auto result = sync(parts, *streams, options, start->state);
  if (*target) {
    auto ended = (*target)->finish();
    if (!ended) result = std::move(ended);
  }
  display.reset();
  metrics.reset();
  const bool has_begun = std::any_of(progress.begin(), progress.end(), [](const StreamProgress& stream) {
    return stream.status != StreamStatus::waiting;
  });
  if (!result && !has_begun) return result;  // its error says everything
  auto report = summary_line(progress, services.counters(), context.clock.monotonic() - began);
  if (context.options.log_format == LogFormat::text) report += "\n" + summary_table(progress);
  context.log.info(report);
  warn_of_changes(context, progress);
  return result;
}

// Writes the files of --summary and --metrics.
Outcome<void> write_reports(const Options& options, const RunReport& run, const Progress& progress) {
  if (options.summary) {
    auto written = write_file(*options.summary, pretty(summary(run, progress)));
    if (!written) return written;
  }
  if (!options.metrics) return {};
  const auto before = read_file(*options.metrics);
  return replace_file(*options.metrics, prometheus_metrics(run, progress, before ? *before : ""),
                      "the metrics");
}

// One sync, with its reports. `before`: the rounds of --every that have ended.
Outcome<void> read_once(const CommandContext& context, const Rounds& before) {
  const auto& options = context.options;
  Progress progress;
  RunReport run{.id = random_uuid(), .connector = options.connector, .started = context.clock.now()};
  auto result = with_source(context, [&](Source& source, HostServices& services) {
    run.connector_version = source.connector_version();
    auto synced = sync_all(context, source, services, progress);
    run.counters = services.counters();
    return synced;
  });
  run.ended = context.clock.now();
  if (!result) {
    run.exit_code = static_cast<int>(result.error().exit);
    run.error = context.log.redact(result.error().message);
  }
  if (options.every.count() > 0) {
    const bool has_failed = !result && static_cast<int>(result.error().exit) <= signal_exit;
    run.rounds = RoundCounts{.ended = before.done + 1, .failed = before.failed + (has_failed ? 1 : 0)};
  }
  auto written = write_reports(options, run, progress);
  return result ? written : result;
}

}  // namespace

Outcome<void> read(const CommandContext& context) {
  const auto& options = context.options;
  if (auto checked = check_run_files(options); !checked) return checked;
  const auto round = [&](const Rounds& before) { return read_once(context, before); };
  return options.every.count() > 0 ? run_rounds(context, options.every, round) : round({});
}

}  // namespace tapster::host
