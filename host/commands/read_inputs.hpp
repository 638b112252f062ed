// What plan and read begin with: the state to continue from, the catalogs, and the streams that they and the
// options select.
#pragma once

#include <optional>
#include <vector>

#include "catalog/stream_selection.hpp"
#include "commands/commands.hpp"
#include "state/state.hpp"

namespace tapster::host {

struct Catalogs {
  json::object discovered;            // by the source
  std::optional<json::object> given;  // of --catalog or a plan, in Singer's form
  std::string file;                   // names `given` in messages
};

// The catalogs of a run. Logs a warning for bookmarks of the state that are for no stream of the source.
Outcome<Catalogs> read_catalogs(const CommandContext& context, Source& source, const State& state);

// The streams that --catalog, --select and --exclude choose. Logs their warnings.
Outcome<std::vector<SelectedStream>> selected_streams(const CommandContext& context,
                                                      const Catalogs& catalogs);

// The catalog with the same choice in its metadata.
Outcome<json::object> selected_catalog(const CommandContext& context, const Catalogs& catalogs);

// Gives each full-table stream the version of its rows in this run: milliseconds since 1970, or one more than
// the version in the state, if that is greater.
void give_versions(std::vector<SelectedStream>& streams, const State& state, Time now);

struct StartingPoint {
  State state;
  std::optional<StateFile> state_file;  // of --state-file, locked
};

// The state of --state or --state-file, or an empty one. The state of a shard is a usage failure without
// --plan.
Outcome<StartingPoint> starting_point(const CommandContext& context);

}  // namespace tapster::host
