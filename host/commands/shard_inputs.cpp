#include "commands/shard_inputs.hpp"

#include <fmt/format.h>

#include "commands/read_inputs.hpp"

namespace tapster::host {

Outcome<Shard> find_shard(const CommandContext& context, State& state) {
  const auto& options = context.options;
  auto plan = PlanFile::open(*options.plan_file);
  if (!plan) return tl::unexpected(std::move(plan).error());
  const ShardId id{plan->header().id, options.shard, options.shards};
  const auto file = options.state_file->string();
  if (const auto& known = state.shard(); known && *known != id) {
    return fail(
        Exit::usage,
        known->plan != id.plan
            ? fmt::format("{} is the state of a shard of another plan than {}: use another state file", file,
                          plan->path().string())
            : fmt::format("{} is the state of shard {}/{}, not of {}/{}: use another state file", file,
                          known->index, known->count, id.index, id.count));
  }
  if (!state.shard() && state.has_bookmarks()) {
    return fail(Exit::usage,
                fmt::format("{} is the state of a whole sync: give each shard a state file of its own; "
                            "the state from which the sync starts is in the plan",
                            file));
  }
  state.set_shard(id);
  return Shard::create(*std::move(plan), id);
}

Outcome<std::vector<SelectedStream>> planned_streams(const CommandContext& context, Source& source,
                                                     const PlanHeader& plan) {
  const auto path = context.options.plan_file->string();
  if (plan.connector != source.connector_name())
    return fail(Exit::usage,
                fmt::format("{} is a plan of {}, not of {}", path, plan.connector, source.connector_name()));
  if (plan.connector_version != source.connector_version())
    context.log.warning(fmt::format("{} was made by {} {}; this is version {}", path, plan.connector,
                                    plan.connector_version, source.connector_version()));
  auto discovered = source.discover();
  if (!discovered) return fail(std::move(discovered).error());
  return selected_streams(context, {*std::move(discovered), plan.catalog, path});
}

}  // namespace tapster::host
