// tapster state merge: the state of a whole sync from the states of its shards.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "commands/commands.hpp"
#include "commands/shard_inputs.hpp"
#include "report/print.hpp"
#include "sync/bookmark_check.hpp"
#include "sync/shard.hpp"

namespace tapster::host {

namespace {

// How far the shards of a plan have come.
struct Shards {
  size_t count = 0;
  std::map<size_t, std::string> files;                              // of the states that were given
  std::map<std::pair<size_t, std::string>, ShardBookmark> streams;  // by shard and stream

  // The bookmark of a shard in a stream; null if the shard has not read anything of it.
  [[nodiscard]] const ShardBookmark* find(size_t shard, const std::string& stream) const {
    const auto found = streams.find({shard, stream});
    return found == streams.end() ? nullptr : &found->second;
  }
};

Outcome<void> add(Shards& shards, const std::filesystem::path& path, const PlanFile& plan) {
  const auto state = read_state(path);
  if (!state) return tl::unexpected(state.error());
  const auto wrong = [&](std::string_view what) {
    return fail(Exit::usage, fmt::format("{} {}", path.string(), what));
  };
  if (!state->shard()) return wrong("is not the state of a shard");
  const auto& [id, index, count] = *state->shard();
  if (id != plan.header().id)
    return wrong(fmt::format("is the state of a shard of another plan than {}", plan.path().string()));
  if (shards.count != 0 && shards.count != count)
    return wrong(fmt::format("is of shard {}/{}, but {} is of one of {} shards", index, count,
                             shards.files.begin()->second, shards.count));
  shards.count = count;
  const auto [file, is_new] = shards.files.emplace(index, path.string());
  if (!is_new) return wrong(fmt::format("and {} are both of shard {}/{}", file->second, index, count));
  for (const auto& [stream, text] : state->bookmarks()) {
    auto bookmark = ShardBookmark::parse(text);
    if (!bookmark) return wrong(fmt::format("cannot be read: {}: {}", stream, bookmark.error().message));
    shards.streams.emplace(std::pair(index, stream), *std::move(bookmark));
  }
  return {};
}

// Fails if a slice of the plan has not been read to its end, and says which shards to run. Reads the plan to
// its end.
Outcome<void> check_complete(PlanFile& plan, const Shards& shards) {
  std::map<size_t, std::map<std::string, size_t>> missing;  // slices by shard and stream
  std::string first;
  size_t slices = 0;
  auto dealt = deal(plan, shards.count,
                    [&](const PlanFile::PlannedSlice& planned, ShardDealer::Place place) -> Outcome<void> {
                      const auto* bookmark = shards.find(place.shard, planned.stream);
                      if (bookmark != nullptr && bookmark->is_finished(place.number)) return {};
                      if (slices++ == 0) first = fmt::format("{} of {}", planned.slice, planned.stream);
                      ++missing[place.shard][planned.stream];
                      return {};
                    });
  if (!dealt) return dealt;
  if (slices == 0) return {};
  std::vector<std::string> lacks;
  for (const auto& [shard, streams] : missing) {
    if (!shards.files.contains(shard)) {
      lacks.push_back(fmt::format("{}/{} (its state file was not given)", shard, shards.count));
      continue;
    }
    std::vector<std::string> counts;
    for (const auto& [stream, count] : streams) counts.push_back(fmt::format("{} of {}", count, stream));
    lacks.push_back(fmt::format("{}/{} ({})", shard, shards.count, fmt::join(counts, ", ")));
  }
  return fail(
      Exit::usage,
      fmt::format(
          "{}: cannot merge the states, because {} slices have not been read, the first of them {}. Run "
          "these shards again: {}",
          plan.path().string(), slices, first, fmt::join(lacks, "; ")));
}

// Folds all slices into the state from which the sync started, in the order of the plan.
Outcome<State> fold(const CommandContext& context, Source& source, const Shards& shards) {
  auto plan = PlanFile::open(*context.options.plan_file);
  if (!plan) return tl::unexpected(std::move(plan).error());
  const auto streams = planned_streams(context, source, plan->header());
  if (!streams) return tl::unexpected(streams.error());
  std::map<std::string, std::string, std::less<>> bookmarks;  // of the incremental streams
  auto state = plan->header().state;
  for (const auto& stream : *streams)
    if (!stream.is_full_table()) bookmarks[stream.name] = state.bookmark(stream.name);

  auto dealt =
      deal(*plan, shards.count,
           [&](const PlanFile::PlannedSlice& planned, ShardDealer::Place place) -> Outcome<void> {
             const auto bookmark = bookmarks.find(planned.stream);
             if (bookmark == bookmarks.end()) return {};
             const auto read = shards.find(place.shard, planned.stream)->slice(place.number, planned.slice);
             auto next = next_bookmark(source, planned.stream, bookmark->second, read, context.clock.now());
             if (!next) return fail(with_context(planned.stream, std::move(next).error()).value());
             bookmark->second = *std::move(next);
             return {};
           });
  if (!dealt) return tl::unexpected(std::move(dealt).error());
  for (const auto& [stream, bookmark] : bookmarks)
    if (!bookmark.empty()) state.set_bookmark(stream, bookmark);
  state.set_currently_syncing("");
  return state;
}

// Writes the state to --state-file. The file must not have another state than that from which the plan
// starts, because another sync has written it meanwhile.
Outcome<void> store(const StateFile& file, const std::filesystem::path& path, const State& start,
                    const State& merged) {
  const auto now = file.read();
  if (!now) return tl::unexpected(now.error());
  const auto text = now->to_json();
  if (now->has_bookmarks() && text != start.to_json() && text != merged.to_json()) {
    return fail(Exit::usage,
                fmt::format("{} has changed since the plan was made from it: another sync uses it, and "
                            "its state would be lost; write the merged state to another file",
                            path.string()));
  }
  return file.replace(merged);
}

}  // namespace

Outcome<void> merge_states(const CommandContext& context) {
  const auto& options = context.options;
  auto plan = PlanFile::open(*options.plan_file);
  if (!plan) return tl::unexpected(std::move(plan).error());
  Shards shards;
  for (const auto& path : options.states) {
    auto added = add(shards, path, *plan);
    if (!added) return added;
  }
  auto complete = check_complete(*plan, shards);
  if (!complete) return complete;

  auto with_connector = options;
  with_connector.connector = plan->header().connector;
  return with_source({with_connector, context.clock, context.log, context.output, context.lines},
                     [&](Source& source, HostServices&) -> Outcome<void> {
                       auto file = options.state_file ? std::optional(StateFile::open(*options.state_file))
                                                      : std::nullopt;
                       if (file && !*file) return tl::unexpected(std::move(*file).error());
                       const auto merged = fold(context, source, shards);
                       if (!merged) return tl::unexpected(merged.error());
                       if (!file) return print(context.output, merged->to_json() + "\n");
                       return store(**file, *options.state_file, plan->header().state, *merged);
                     });
}

}  // namespace tapster::host
