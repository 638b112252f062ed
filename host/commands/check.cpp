// tapster spec, check and discover: the commands that read no slice.
#include <fmt/format.h>

#include "catalog/stream_selection.hpp"
#include "commands/commands.hpp"
#include "commands/config.hpp"
#include "protocol/airbyte.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"

namespace tapster::host {

namespace {

bool is_for_airbyte(const CommandContext& context) {
  return context.options.format == Format::airbyte;
}

json::array stream_names(const json::object& catalog) {
  json::array names;
  for (const auto& stream : *find_array(catalog, "streams")) {
    names.push_back({{"stream", stream.at("stream")}, {"tap_stream_id", stream.at("tap_stream_id")}});
  }
  return names;
}

}  // namespace

Outcome<void> spec(const CommandContext& context) {
  const auto connector = find_connector(context.options);
  if (!connector) return tl::unexpected(connector.error());
  const auto schema = connector->spec();
  if (!schema) return fail(schema.error());
  return print(context.output,
               is_for_airbyte(context) ? airbyte::spec_message(*schema) + "\n" : pretty(*schema));
}

Outcome<void> check(const CommandContext& context) {
  auto result = with_source(context, [&](Source& source, HostServices&) -> Outcome<void> {
    auto works = source.check();
    if (!works) return fail(std::move(works).error());
    context.log.write(Level::info, context.options.connector, {},
                      fmt::format("{} works", config_names(context.options.config)));
    return {};
  });
  // For Airbyte, a config that does not work is a result, not a failure of the command.
  if (!is_for_airbyte(context)) return result;
  return print(context.output, context.log.redact(airbyte::status_message(result)) + "\n");
}

Outcome<void> discover(const CommandContext& context) {
  return with_source(context, [&](Source& source, HostServices&) -> Outcome<void> {
    auto catalog = source.discover();
    if (!catalog) return fail(catalog.error());
    if (const Patterns patterns{context.options.select, context.options.exclude}; !patterns.is_empty()) {
      auto selected = select_in_catalog(*catalog, nullptr, {patterns, {}});
      if (!selected) return tl::unexpected(std::move(selected).error());
      catalog = *std::move(selected);
    }
    if (context.options.names_only) return print(context.output, pretty(stream_names(*catalog)));
    return print(context.output,
                 is_for_airbyte(context) ? airbyte::catalog_message(*catalog) + "\n" : pretty(*catalog));
  });
}

}  // namespace tapster::host
