// What commands with a plan begin with: read --plan, and state merge.
#pragma once

#include <vector>

#include "catalog/stream_selection.hpp"
#include "commands/commands.hpp"
#include "state/state.hpp"
#include "sync/shard.hpp"

namespace tapster::host {

// The shard that the options name. Marks `state` as the shard's. A usage failure for the state of another
// shard or of a whole sync.
Outcome<Shard> find_shard(const CommandContext& context, State& state);

// The streams of a plan. A usage failure if it is a plan of another connector.
Outcome<std::vector<SelectedStream>> planned_streams(const CommandContext& context, Source& source,
                                                     const PlanHeader& plan);

}  // namespace tapster::host
