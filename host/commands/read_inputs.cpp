#include "commands/read_inputs.hpp"

#include <algorithm>
#include <tapster/time.hpp>

#include "protocol/airbyte.hpp"
#include "system/file.hpp"

namespace tapster::host {

Outcome<std::vector<SelectedStream>> selected_streams(const CommandContext& context, Source& source) {
  const auto& options = context.options;
  const auto discovered = source.discover();
  if (!discovered) return fail(discovered.error());
  const Patterns patterns{options.select, options.exclude};
  if (!options.catalog) return select_streams(*discovered, nullptr, {patterns, {}});
  const auto text = read_file(*options.catalog);
  if (!text) return tl::unexpected(text.error());
  auto given = parse_json_object(*text, options.catalog->string());
  if (!given) return fail(given.error());
  if (options.format == Format::airbyte) {
    auto catalog = airbyte::singer_catalog(*given, *discovered, options.catalog->string());
    if (!catalog) return tl::unexpected(catalog.error());
    given = *std::move(catalog);
  }
  auto streams = select_streams(*discovered, &*given, {patterns, options.catalog->string()});
  if (!streams) return streams;
  for (const auto& stream : *streams) {
    for (const auto& warning : stream.warnings) context.log.warning(warning);
  }
  return streams;
}

void give_versions(std::vector<SelectedStream>& streams, const State& state, Time now) {
  for (auto& stream : streams) {
    if (!stream.is_full_table()) continue;
    stream.version = std::max(to_unix_micros(now) / 1000, state.version(stream.name).value_or(0) + 1);
    stream.is_first_read = !state.knows(stream.name);
  }
}

namespace {

// The state in a file that somebody hands over: Singer's object, or the array that Airbyte hands back.
Outcome<State> given_state(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const auto first = text->find_first_not_of(" \t\r\n");
  if (first == std::string::npos || (*text)[first] != '[') return State::parse(*text, path.string());
  const auto states = parse_json(*text, path.string());
  if (!states) return fail(states.error());
  const auto state = airbyte::singer_state(states->as_array(), path.string());
  if (!state) return tl::unexpected(state.error());
  return State::parse(json::serialize(*state), path.string());
}

}  // namespace

Outcome<StartingPoint> starting_point(const CommandContext& context) {
  if (context.options.state_file) {
    auto file = StateFile::open(*context.options.state_file);
    if (!file) return tl::unexpected(file.error());
    auto state = file->read();
    if (!state) return tl::unexpected(state.error());
    return StartingPoint{*std::move(state), *std::move(file)};
  }
  if (!context.options.state) return StartingPoint{};
  auto state = given_state(*context.options.state);
  if (!state) return tl::unexpected(state.error());
  return StartingPoint{*std::move(state), std::nullopt};
}

}  // namespace tapster::host
