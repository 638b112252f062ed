// tapster spec, check and discover: the questions that need no slice.
#include <fmt/format.h>

#include "catalog/patterns.hpp"
#include "commands/commands.hpp"
#include "commands/config.hpp"
#include "protocol/airbyte.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"

namespace tapster::host {

namespace {

bool is_for_airbyte(const Run& run) {
  return run.options.format == Format::airbyte;
}

json::array stream_names(const json::object& catalog) {
  json::array names;
  for (const auto& stream : *find_array(catalog, "streams")) {
    names.push_back({{"stream", stream.at("stream")}, {"tap_stream_id", stream.at("tap_stream_id")}});
  }
  return names;
}

}  // namespace

Outcome<void> spec(const Run& run) {
  const auto connector = find_connector(run.options);
  if (!connector) return tl::unexpected(connector.error());
  const auto schema = connector->spec();
  if (!schema) return fail(schema.error());
  return print(run.output, is_for_airbyte(run) ? airbyte::spec_message(*schema) + "\n" : pretty(*schema));
}

Outcome<void> check(const Run& run) {
  auto result = with_source(run, [&](Source& source, Services&) -> Outcome<void> {
    auto works = source.check();
    if (!works) return fail(std::move(works).error());
    run.log.write(Level::info, run.options.connector, {},
                  fmt::format("{} works", config_names(run.options.config)));
    return {};
  });
  // To Airbyte a config that does not work is an answer like the other.
  if (!is_for_airbyte(run)) return result;
  return print(run.output, run.log.redact(airbyte::status_message(result)) + "\n");
}

Outcome<void> discover(const Run& run) {
  return with_source(run, [&](Source& source, Services&) -> Outcome<void> {
    auto catalog = source.discover();
    if (!catalog) return fail(catalog.error());
    if (const Patterns patterns{run.options.select, run.options.exclude}; !patterns.is_empty()) {
      auto entries = read_entries(*catalog, nullptr, "the connector's catalog");
      if (!entries) return fail(std::move(entries).error());
      auto applied = apply_patterns(patterns, *entries);
      if (!applied) return fail(std::move(applied).error());
      catalog = with_selection(*catalog, *entries);
    }
    if (run.options.names_only) return print(run.output, pretty(stream_names(*catalog)));
    return print(run.output,
                 is_for_airbyte(run) ? airbyte::catalog_message(*catalog) + "\n" : pretty(*catalog));
  });
}

}  // namespace tapster::host
