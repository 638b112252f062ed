// The rules about states: what a state covers is not read again, and nothing else is left out.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "sync/bookmark_check.hpp"
#include "validate/families.hpp"
#include "validate/sample.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

constexpr size_t most_checkpoints = 3;  // in a stream, and in a slice
constexpr size_t most_resumed_slices = 48;

using Keys = std::set<std::string>;

void collect(Keys& keys, const ValidatedStream& stream, std::string_view lines) {
  std::vector<std::string> all;
  add_keys(all, stream, lines);
  keys.insert(all.begin(), all.end());
}

// The slices at the beginning of the plan that were read to their ends.
std::vector<const SampledSlice*> complete_slices(const StreamSample& sample) {
  std::vector<const SampledSlice*> slices;
  for (const auto& read : sample.oldest) {
    if (!read.is_complete) break;
    slices.push_back(&read);
  }
  return slices;
}

// The state with a slice added; null if that fails, and the rule fails.
std::optional<std::string> add_slice(Trial& trial, Source& source, const std::string& stream,
                                     const std::string& state, const std::string& slice) {
  trial.doing(fmt::format("state of the stream {}, slice {}", stream, slice));
  auto next = source.state(stream, state, slice);
  if (next) return *std::move(next);
  trial.fail(fmt::format("state failed with the slice {}: {}", slice, words(next.error())),
             "Return the state that covers the slice as well.", stream);
  return std::nullopt;
}

std::optional<std::vector<std::string>> plan_from(Trial& trial, Source& source, const std::string& stream,
                                                  const std::string& state) {
  trial.doing(fmt::format("plan of the stream {} with the state {}", stream, state));
  auto plan = plan_all(source, stream, state);
  if (plan) return *std::move(plan);
  trial.fail(fmt::format("plan failed with the state {}: {}", state, words(plan.error())),
             "Read each state that the connector has returned.", stream);
  return std::nullopt;
}

// Whether a plan has all slices of another one. The number of slices alone says nothing: a connector may cut
// less time into more slices.
bool has_all(const std::vector<std::string>& plan, const std::vector<std::string>& other) {
  const std::set<std::string_view> slices(plan.begin(), plan.end());
  return std::all_of(other.begin(), other.end(), [&](const auto& slice) { return slices.contains(slice); });
}

void check_state_of(Trial& trial, Source& source, const ValidatedStream& stream, const StreamSample& sample) {
  const auto slices = complete_slices(sample);
  std::string state;
  for (const auto* read : slices) {
    const auto next = add_slice(trial, source, stream.name, state, read->last());
    if (!next) return;
    const auto flaw = bookmark_flaw(state, *next, trial.subject().now);
    if (!flaw.empty())
      return trial.fail(
          fmt::format("slice {}: state {}", read->last(), flaw),
          "Return the greater one of the old bookmark and the slice's end, and never one after now.",
          stream.name);
    const auto again = add_slice(trial, source, stream.name, *next, read->last());
    if (!again) return;
    if (parse_json_object(*again, "the state").value() != parse_json_object(*next, "the state").value())
      return trial.fail(
          fmt::format("slice {}: folded twice, the state changes from {} to {}", read->last(), *next, *again),
          "A slice that is covered already changes nothing.", stream.name);
    state = *next;
    const auto plan = plan_from(trial, source, stream.name, state);
    if (!plan) return;
    if (plan->size() > sample.plan.size() && has_all(*plan, sample.plan))
      return trial.fail(
          fmt::format("with the state {} the plan has all {} slices that it has without a state, and {} more",
                      state, sample.plan.size(), plan->size() - sample.plan.size()),
          "Plan what the state does not cover.", stream.name);
    const bool is_whole = slices.size() == sample.plan.size() && read == slices.back();
    if (is_whole && *plan == sample.plan)
      return trial.fail(
          fmt::format("with the state {}, which covers all slices, the plan is the same as without", state),
          "Plan from the bookmark on. If the config looks back further than it reads, give one with an "
          "earlier start.",
          stream.name);
  }
}

// Whether a run that starts with `state` gives what is missing in `keys`. `wanted` are the keys that it must
// have in the end.
void check_rest(Trial& trial, Source& source, const ValidatedStream& stream, const std::string& state,
                Keys keys, const Keys& wanted, const std::string& where) {
  const auto missing = [&] {
    return static_cast<size_t>(std::count_if(wanted.begin(), wanted.end(),
                                             [&](const std::string& key) { return !keys.contains(key); }));
  };
  const auto plan = plan_from(trial, source, stream.name, state);
  if (!plan) return;
  for (size_t i = 0; i < plan->size() && missing() > 0; ++i) {
    if (i == most_resumed_slices) return;  // not known
    trial.doing(fmt::format("read of the stream {}, slice {}", stream.name, (*plan)[i]));
    const auto read = read_sample(source, stream.name, (*plan)[i]);
    if (!read) {
      trial.fail(fmt::format("after a stop {}, the slice {} cannot be read: {}", where, (*plan)[i],
                             words(read.error())),
                 "Let each planned slice be complete in itself.", stream.name);
      return;
    }
    if (!read->is_complete) return;  // not known
    collect(keys, stream, read->lines);
  }
  if (missing() > 0)
    trial.fail(fmt::format("after a stop {}, with the state {}, {} of {} records are never read", where,
                           state, missing(), wanted.size()),
               "A state covers what its slices cover, and nothing else.", stream.name);
}

// Stops at the reported checkpoints of a slice. `keys` are those of the slices before.
void check_progress(Trial& trial, Source& source, const ValidatedStream& stream, const SampledSlice& read,
                    const std::string& state, const Keys& keys, const Keys& wanted) {
  size_t left = most_checkpoints;
  for (const auto& progress : read.progress) {
    if (left-- == 0) return;
    const auto where = fmt::format("at the progress {} of the slice {}", progress.slice, read.slice);
    auto so_far = keys;
    collect(so_far, stream, read.lines.substr(0, progress.size));
    const auto rest = read_sample(source, stream.name, progress.slice);
    if (!rest) {
      trial.fail(fmt::format("the progress {} cannot be read: {}", progress.slice, words(rest.error())),
                 "Report slices that read accepts.", stream.name);
      return;
    }
    Keys of_slice;
    Keys found = so_far;
    collect(of_slice, stream, read.lines);
    collect(found, stream, rest->lines);
    if (!std::includes(found.begin(), found.end(), of_slice.begin(), of_slice.end())) {
      trial.fail(fmt::format("a read that continues {} does not give the rest", where),
                 "Report a slice only after everything before it was pushed.", stream.name);
      return;
    }
    const auto next = add_slice(trial, source, stream.name, state, progress.slice);
    if (!next) return;
    check_rest(trial, source, stream, *next, so_far, wanted, where);
    if (trial.has_failed()) return;
  }
}

void check_resume_of(Trial& trial, Source& source, const ValidatedStream& stream,
                     const StreamSample& sample) {
  const auto slices = complete_slices(sample);
  Keys wanted;
  Keys keys;
  for (const auto* read : slices) collect(wanted, stream, read->lines);
  std::string state;
  size_t left = most_checkpoints;
  for (const auto* read : slices) {
    if (left-- == 0 || trial.has_failed()) return;
    check_progress(trial, source, stream, *read, state, keys, wanted);
    if (trial.has_failed()) return;
    collect(keys, stream, read->lines);
    const auto next = add_slice(trial, source, stream.name, state, read->last());
    if (!next) return;
    state = *next;
    check_rest(trial, source, stream, state, keys, wanted, fmt::format("after the slice {}", read->slice));
  }
}

using CheckStream = void(Trial& trial, Source& source, const ValidatedStream& stream,
                         const StreamSample& sample);

void for_each_incremental(Trial& trial, CheckStream check) {
  auto opened = trial.open(true);
  if (!opened) return;
  for (const auto& stream : trial.subject().streams) {
    const auto* sample = find_sample(trial.subject(), stream.name);
    if (stream.is_incremental() && sample != nullptr) check(trial, *opened->source, stream, *sample);
  }
}

}  // namespace

void check_state(Trial& trial) {
  for_each_incremental(trial, check_state_of);
}

void check_resume(Trial& trial) {
  for_each_incremental(
      trial, [](Trial& at, Source& source, const ValidatedStream& stream, const StreamSample& sample) {
        if (!stream.keys.empty()) check_resume_of(at, source, stream, sample);
      });
}

}  // namespace tapster::host
