// tapster read: a sync, from the selection of streams to the summary.
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "commands/commands.hpp"
#include "commands/read_inputs.hpp"
#include "output/files/file_output.hpp"
#include "output/target.hpp"
#include "report/metrics.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "report/progress_display.hpp"
#include "report/summary.hpp"
#include "sync/sync.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

PartOptions part_options(const Run& run) {
  // "20260131T120000Z"
  std::string time = format_time(std::chrono::floor<std::chrono::seconds>(run.clock.now()));
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return {.compression = run.options.compression,
          .largest = run.options.max_file_size,
          .most_rows = run.options.max_file_rows,
          .run = std::move(time)};
}

std::unique_ptr<Output> choose_output(const Run& run, const Progress& progress) {
  if (run.options.output)
    return file_output(*run.options.output, run.options.state_file.has_value(), part_options(run),
                       run.options.overwrite);
  if (run.options.format == Format::jsonl) return jsonl_output(run.output);
  if (run.options.format == Format::airbyte) return airbyte_output(run.output, run.clock, progress);
  return singer_output(run.output, run.clock);
}

// The target of --to; null without it.
Outcome<std::unique_ptr<Target>> start_target(const Run& run, Source& source, const StartingPoint& start) {
  if (!run.options.to) return nullptr;
  const auto commit = [&](const State& state) {
    return start.state_file ? start.state_file->replace(state) : print(run.output, state.to_singer() + "\n");
  };
  return Target::start(*run.options.to, start.state,
                       {run.clock, run.log, commit, [&source] { source.cancel(); }});
}

// For an orchestrator, that is where Singer messages go to another program and the log to no terminal.
bool wants_metrics(const Run& run) {
  struct stat file {};
  if (run.options.output || run.options.format != Format::singer || ::isatty(2) == 1) return false;
  return run.options.to ||
         (::fstat(run.output, &file) == 0 && (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode)));
}

// Moving lines are for a person at a terminal, not for a reader of the log.
bool wants_display(const Options& options) {
  return ::isatty(2) == 1 && options.log_format == LogFormat::text && options.log_level <= Level::info;
}

}  // namespace

Outcome<void> read(const Run& run) {
  return with_source(run, [&](Source& source, Services& services) -> Outcome<void> {
    auto start = starting_point(run);
    if (!start) return tl::unexpected(std::move(start).error());
    auto streams = selected_streams(run, source);
    if (!streams) return tl::unexpected(streams.error());
    // What is read of a part says nothing of the rows outside.
    if (run.options.since.empty() && run.options.until.empty())
      give_versions(*streams, start->state, run.clock.now());

    Progress progress;
    for (const auto& stream : *streams) progress.emplace_back(stream.name);
    const auto target = start_target(run, source, *start);
    if (!target) return tl::unexpected(target.error());
    const auto own_output = *target ? nullptr : choose_output(run, progress);
    Output& output = *target ? **target : *own_output;
    // Of a target the states are stored that it confirms.
    const bool stores = start->state_file && !*target;
    const SyncParts parts{source,  services, run.log, output, stores ? &*start->state_file : nullptr,
                          progress};
    const SyncOptions options{.jobs = run.options.jobs,
                              .since = run.options.since,
                              .until = run.options.until,
                              .validate = run.options.validate,
                              .commit_interval = run.options.commit_interval};
    const auto began = run.clock.monotonic();
    std::optional<Metrics> metrics;
    if (wants_metrics(run))
      metrics.emplace(
          progress, [&] { return services.counters(); }, run.clock, run.log);
    std::optional<ProgressDisplay> display;
    if (wants_display(run.options)) display.emplace(progress, run.clock, run.log);
    auto result = sync(parts, *streams, options, start->state);
    if (*target) {
      auto ended = (*target)->finish();
      if (!ended) result = std::move(ended);
    }
    display.reset();
    metrics.reset();
    const auto time = run.clock.monotonic() - began;
    auto report = summary_line(progress, services.counters(), time);
    if (run.options.log_format == LogFormat::text) report += "\n" + summary_table(progress);
    run.log.info(report);
    if (!run.options.summary) return result;
    auto document = summary(progress, services.counters(), time);
    if (!result) document["error"] = run.log.redact(result.error().message);
    auto written = write_file(*run.options.summary, pretty(document));
    return result ? written : result;
  });
}

}  // namespace tapster::host
