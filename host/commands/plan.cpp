// tapster plan: the slices that a read would read, as a table for a person, as JSON lines for a program, or
// in a file for several runs.
#include <fmt/format.h>

#include <algorithm>

#include "commands/commands.hpp"
#include "commands/read_inputs.hpp"
#include "report/print.hpp"
#include "report/printable.hpp"
#include "report/table.hpp"
#include "sync/plan_file.hpp"
#include "system/terminal.hpp"
#include "system/uuid.hpp"

namespace tapster::host {

namespace {

// A stream's slices: how many, the oldest and the newest.
struct Planned {
  size_t slices = 0;
  std::string first, last;
};

// Plans one stream, and passes each slice to `print_slice` as it comes.
Outcome<Planned> plan_stream(const CommandContext& context, Source& source, const SelectedStream& stream,
                             const State& state, const SliceSink& print_slice) {
  const auto bookmark = stream.is_full_table() ? std::string() : state.bookmark(stream.name);
  Planned planned;
  auto done = source.plan({stream.name, bookmark, context.options.since, context.options.until},
                          [&](std::string_view slice) -> Result<void> {
                            if (planned.slices++ == 0) planned.first = slice;
                            planned.last = slice;
                            return print_slice ? print_slice(slice) : Result<void>();
                          });
  if (!done) return fail(with_context(stream.name, std::move(done).error()).value());
  return planned;
}

Outcome<void> print_lines(const CommandContext& context, Source& source, const State& state,
                          const std::vector<SelectedStream>& streams) {
  for (const auto& stream : streams) {
    std::string lines;
    const auto planned = plan_stream(context, source, stream, state, [&](std::string_view slice) {
      lines += plan_line(stream.name, slice);
      return Result<void>();
    });
    if (!planned) return tl::unexpected(planned.error());
    auto printed = print(context.output, lines);
    if (!printed) return printed;
  }
  return {};
}

Outcome<void> print_table(const CommandContext& context, Source& source, const State& state,
                          const std::vector<SelectedStream>& streams) {
  std::vector<std::vector<std::string>> rows{{"STREAM", "READ", "SLICES", "OLDEST SLICE", "NEWEST SLICE"}};
  size_t slices = 0;
  for (const auto& stream : streams) {
    auto planned = plan_stream(context, source, stream, state, {});
    if (!planned) return tl::unexpected(std::move(planned).error());
    slices += planned->slices;
    rows.push_back({stream.name,
                    stream.is_full_table()                ? "in full"
                    : state.bookmark(stream.name).empty() ? "from the start"
                                                          : "from its bookmark",
                    fmt::format("{}", planned->slices), printable(planned->first),
                    planned->slices > 1 ? printable(planned->last) : std::string()});
  }
  // The slices share what the other columns leave of the line.
  size_t used = 0;
  for (size_t column = 0; column < 3; ++column) {
    size_t widest = 0;
    for (const auto& row : rows) widest = std::max(widest, display_width(row[column]));
    used += widest + 2;
  }
  const auto width = terminal_width(context.output);
  const auto room = std::max<size_t>(12, width > used ? (width - used) / 2 - 2 : 0);
  for (auto& row : rows) {
    row[3] = cut(row[3], room);
    row[4] = cut(row[4], room);
  }
  return print(context.output,
               table(rows) + fmt::format("\n{} streams, {} slices\n", streams.size(), slices));
}

// Writes the plan to the file of --output.
Outcome<void> write_plan(const CommandContext& context, Source& source, const State& state,
                         const std::vector<SelectedStream>& streams, const Catalogs& catalogs) {
  auto catalog = selected_catalog(context, catalogs);
  if (!catalog) return tl::unexpected(std::move(catalog).error());
  const auto& path = *context.options.plan_file;
  auto file = PlanWriter::create(path, {.id = random_uuid(),
                                        .connector = std::string(source.connector_name()),
                                        .connector_version = std::string(source.connector_version()),
                                        .created_at = format_time(context.clock.now()),
                                        .catalog = *std::move(catalog),
                                        .state = state});
  if (!file) return tl::unexpected(std::move(file).error());
  for (const auto& stream : streams) {
    Outcome<void> written;
    const auto planned =
        plan_stream(context, source, stream, state, [&](std::string_view slice) -> Result<void> {
          written = file->add(stream.name, slice);
          return written ? Result<void>() : cancelled();
        });
    if (!written) return written;
    if (!planned) return tl::unexpected(planned.error());
  }
  auto finished = file->finish();
  if (!finished) return finished;
  context.log.info(
      fmt::format("{} has {} slices of {} streams; read the first of four shards with: tapster read {} "
                  "--config CONFIG --plan {} --shard 1/4 --state-file FILE",
                  path.string(), file->slices(), streams.size(), context.options.connector, path.string()));
  return {};
}

}  // namespace

Outcome<void> plan(const CommandContext& context) {
  return with_source(context, [&](Source& source, HostServices&) -> Outcome<void> {
    const auto start = starting_point(context);
    if (!start) return tl::unexpected(start.error());
    const auto catalogs = read_catalogs(context, source, start->state);
    if (!catalogs) return tl::unexpected(catalogs.error());
    const auto streams = selected_streams(context, *catalogs);
    if (!streams) return tl::unexpected(streams.error());
    if (context.options.plan_file) return write_plan(context, source, start->state, *streams, *catalogs);
    return (is_for_person(context) ? print_table : print_lines)(context, source, start->state, *streams);
  });
}

}  // namespace tapster::host
