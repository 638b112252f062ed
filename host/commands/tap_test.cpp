// A tap's --test: writes the Singer messages of a sync, with one record of each stream.
// https://sdk.meltano.com/en/latest/cli_commands.html#test
#include <fmt/format.h>

#include <deque>

#include "commands/commands.hpp"
#include "commands/read_inputs.hpp"
#include "output/output.hpp"

namespace tapster::host {

namespace {

// Writes a record of the stream, from the newest slice that has one; nothing if no slice has any.
Outcome<void> write_one(Source& source, const SelectedStream& stream, size_t index, Output& output) {
  const auto failed = [&](Error error) { return fail(with_context(stream.name, std::move(error)).value()); };
  std::deque<std::string> slices;
  auto planned = source.plan({stream.name, {}, {}, {}}, [&](std::string_view slice) -> Result<void> {
    slices.emplace_front(slice);
    return {};
  });
  if (!planned) return failed(std::move(planned).error());
  std::optional<Outcome<void>> written;
  for (const auto& slice : slices) {
    auto read =
        source.read(stream.name, slice, stream.columns, [&](const tapster_batch& batch) -> Result<void> {
          if (batch.count == 0) return {};
          auto first = batch;
          first.count = 1;
          first.size = std::string_view(batch.data, batch.size).find('\n') + 1;
          written = output.write({index, 0}, first);
          return cancelled();  // one is enough
        });
    if (written) return *written;
    if (!read) return failed(std::move(read).error());
  }
  return {};
}

}  // namespace

Outcome<void> test(const CommandContext& context) {
  return with_source(context, [&](Source& source, const HostServices&) -> Outcome<void> {
    const auto catalogs = read_catalogs(context, source, State());
    if (!catalogs) return tl::unexpected(catalogs.error());
    const auto streams = selected_streams(context, *catalogs);
    if (!streams) return tl::unexpected(streams.error());
    const auto output = singer_output(context.output, context.clock);
    State state;
    auto done = output->start(*streams, state);
    for (size_t i = 0; done && i < streams->size(); ++i) {
      if (!context.options.schemas_only) done = write_one(source, (*streams)[i], i, *output);
      if (done) done = output->end(i, true);
    }
    return done;
  });
}

}  // namespace tapster::host
