// tapster plan: the slices that a read would read.
#include "commands/commands.hpp"
#include "commands/read_inputs.hpp"
#include "report/print.hpp"

namespace tapster::host {

Outcome<void> plan(const CommandContext& context) {
  return with_source(context, [&](Source& source, HostServices&) -> Outcome<void> {
    const auto start = starting_point(context);
    if (!start) return tl::unexpected(start.error());
    const auto streams = selected_streams(context, source, start->state);
    if (!streams) return tl::unexpected(streams.error());
    for (const auto& stream : *streams) {
      const auto state = stream.is_full_table() ? std::string() : start->state.bookmark(stream.name);
      std::string lines;
      const auto planned = source.plan({stream.name, state, context.options.since, context.options.until},
                                       [&](std::string_view slice) -> Result<void> {
                                         lines += R"({"stream":)";
                                         append_json_string(lines, stream.name);
                                         lines.append(R"(,"slice":)").append(slice).append("}\n");
                                         return {};
                                       });
      if (!planned) return fail(with_context(stream.name, planned.error()).value());
      auto printed = print(context.output, lines);
      if (!printed) return printed;
    }
    return {};
  });
}

}  // namespace tapster::host
