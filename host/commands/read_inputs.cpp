#include "commands/read_inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tapster/secrets.hpp>
#include <tapster/time.hpp>

#include "catalog/catalog_entry.hpp"
#include "protocol/airbyte.hpp"
#include "report/did_you_mean.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

// Bookmarks of another connector, or of a misspelled stream, would cause an unexpected full read.
void warn_of_unused_bookmarks(const CommandContext& context, const json::object& catalog,
                              const State& state) {
  std::vector<std::string> offered;
  for (const auto& stream : *find_array(catalog, "streams")) offered.push_back(name_of(stream.as_object()));
  std::vector<std::string> unknown;
  for (const auto& [name, bookmark] : state.bookmarks()) {
    if (std::find(offered.begin(), offered.end(), name) == offered.end()) unknown.push_back(name);
  }
  const auto& options = context.options;
  const auto file = options.state_file ? *options.state_file : options.state.value_or("");
  if (!unknown.empty() && unknown.size() == state.bookmarks().size()) {
    context.log.warning(fmt::format(
        "{}: all its bookmarks are for streams that {} does not have ({}), so every stream is read "
        "from its start; expected bookmarks of streams such as {}",
        file.string(), options.connector, shortened(fmt::format("{}", fmt::join(unknown, ", ")), 200),
        offered.empty() ? "" : offered.front()));
    return;
  }
  for (const auto& name : unknown) {
    if (const auto near = nearest(name, offered); !near.empty())
      context.log.warning(
          fmt::format("{}: {} has no stream \"{}\"; did you mean \"{}\"? The bookmark is kept, and "
                      "not used",
                      file.string(), options.connector, name, near));
  }
}

const json::object* given_of(const Catalogs& catalogs) {
  return catalogs.given ? &*catalogs.given : nullptr;
}

SelectionOptions selection(const CommandContext& context, const Catalogs& catalogs) {
  return {{context.options.select, context.options.exclude}, catalogs.file};
}

// The state of --state: Singer's object, or the array that Airbyte hands back.
Outcome<State> given_state(const std::filesystem::path& path) {
  const auto text = read_input(path);
  if (!text) return tl::unexpected(text.error());
  const auto name = input_name(path);
  const auto first = text->find_first_not_of(" \t\r\n");
  if (first == std::string::npos || (*text)[first] != '[') return State::parse(*text, name);
  const auto states = parse_json(*text, name);
  if (!states) return fail(states.error());
  const auto state = airbyte::singer_state(states->as_array(), name);
  if (!state) return tl::unexpected(state.error());
  return State::parse(json::serialize(*state), name);
}

// The bookmarks of a shard's state are no bookmarks of the connector's.
Outcome<State> check_shard(State state, const Options& options) {
  if (!state.shard() || options.plan_file) return state;
  const auto& path = options.state_file ? options.state_file : options.state;
  return fail(
      Exit::usage,
      fmt::format("{} is the state of shard {}/{} of a plan: read on with --plan, or make the state of the "
                  "whole sync with tapster state merge",
                  input_name(*path), state.shard()->index, state.shard()->count));
}

}  // namespace

Outcome<Catalogs> read_catalogs(const CommandContext& context, Source& source, const State& state) {
  const auto& options = context.options;
  auto discovered = source.discover();
  if (!discovered) return fail(std::move(discovered).error());
  warn_of_unused_bookmarks(context, *discovered, state);
  Catalogs catalogs{*std::move(discovered), std::nullopt, {}};
  if (!options.catalog) return catalogs;
  const auto text = read_input(*options.catalog);
  if (!text) return tl::unexpected(text.error());
  catalogs.file = input_name(*options.catalog);
  auto given = parse_json_object(*text, catalogs.file);
  if (!given) return fail(std::move(given).error());
  catalogs.given = *std::move(given);
  if (options.format == Format::airbyte) {
    auto translated = airbyte::singer_catalog(*catalogs.given, catalogs.discovered, catalogs.file);
    if (!translated) return tl::unexpected(std::move(translated).error());
    catalogs.given = *std::move(translated);
  }
  return catalogs;
}

Outcome<std::vector<SelectedStream>> selected_streams(const CommandContext& context,
                                                      const Catalogs& catalogs) {
  auto streams = select_streams(catalogs.discovered, given_of(catalogs), selection(context, catalogs));
  if (!streams) return streams;
  for (const auto& stream : *streams) {
    for (const auto& warning : stream.warnings) context.log.warning(warning);
  }
  return streams;
}

Outcome<json::object> selected_catalog(const CommandContext& context, const Catalogs& catalogs) {
  return select_in_catalog(catalogs.discovered, given_of(catalogs), selection(context, catalogs));
}

void give_versions(std::vector<SelectedStream>& streams, const State& state, Time now) {
  for (auto& stream : streams) {
    if (!stream.is_full_table()) continue;
    stream.version = std::max(to_unix_micros(now) / 1000, state.version(stream.name).value_or(0) + 1);
    stream.is_first_read = !state.knows(stream.name);
  }
}

Outcome<StartingPoint> starting_point(const CommandContext& context) {
  const auto& options = context.options;
  if (options.state_file) {
    auto file = StateFile::open(*options.state_file);
    if (!file) return tl::unexpected(file.error());
    auto state = file->read();
    if (state) state = check_shard(*std::move(state), options);
    if (!state) return tl::unexpected(state.error());
    return StartingPoint{*std::move(state), *std::move(file)};
  }
  if (!options.state) return StartingPoint{};
  auto state = given_state(*options.state);
  if (state) state = check_shard(*std::move(state), options);
  if (!state) return tl::unexpected(state.error());
  return StartingPoint{*std::move(state), std::nullopt};
}

}  // namespace tapster::host
