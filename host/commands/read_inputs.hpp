// What plan and read begin with: the streams that the options select, and the state to continue from.
#pragma once

#include <optional>
#include <vector>

#include "catalog/stream_selection.hpp"
#include "commands/commands.hpp"
#include "state/state.hpp"

namespace tapster::host {

// The streams of the source that --catalog, --select and --exclude choose. Logs a warning for bookmarks of
// the state that are for no stream of the source.
Outcome<std::vector<SelectedStream>> selected_streams(const CommandContext& context, Source& source,
                                                      const State& state);

// Gives each full-table stream the version of its rows in this run: milliseconds since 1970, or one more than
// the version in the state, if that is greater.
void give_versions(std::vector<SelectedStream>& streams, const State& state, Time now);

struct StartingPoint {
  State state;
  std::optional<StateFile> state_file;  // of --state-file, locked
};

// The state of --state or --state-file, or an empty one.
Outcome<StartingPoint> starting_point(const CommandContext& context);

}  // namespace tapster::host
