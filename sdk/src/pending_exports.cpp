#include "pending_exports.hpp"

#include <string>
#include <tapster/json.hpp>
#include <utility>
#include <vector>

namespace tapster {

namespace {

constexpr const char* pending_member = "pending_exports";

// Removes the exports from the state.
Result<std::vector<json::object>> take_pending(json::object& state) {
  std::vector<json::object> pending;
  if (const auto* value = state.if_contains(pending_member)) {
    if (!value->is_array()) return state_error("pending_exports is not an array: correct or remove it");
    for (const auto& slice : value->get_array()) {
      if (!slice.is_object() || text_of(slice.get_object(), export_member).empty())
        return state_error("pending_exports has an export without an id: correct or remove it");
      pending.push_back(slice.get_object());
    }
  }
  state.erase(pending_member);
  return pending;
}

}  // namespace

Result<void> plan_with_exports(const Planner& planner, const PlanRequest& request, Slices& slices) {
  PlanRequest rest = request;
  const auto pending = take_pending(rest.state);
  if (!pending) return Failed(pending.error());
  if (!request.since.empty() || !request.until.empty()) return planner.plan(rest, slices);
  for (const auto& slice : *pending) {
    // The other slices begin where that of the export ends.
    auto whole = slice;
    whole.erase("reached");
    auto state = planner.advance(std::move(rest.state), whole);
    if (!state) return Failed(std::move(state).error());
    rest.state = *std::move(state);
    auto pushed = slices.push(slice);
    if (!pushed) return pushed;
  }
  return planner.plan(rest, slices);
}

Result<json::object> advance_with_exports(const Planner& planner, json::object state,
                                          const json::object& slice) {
  auto pending = take_pending(state);
  if (!pending) return Failed(std::move(pending).error());
  const auto partition = text_of(slice, "partition");
  std::erase_if(*pending,
                [&](const json::object& other) { return text_of(other, "partition") == partition; });
  if (slice.contains(export_member)) {
    pending->push_back(slice);
  } else {
    auto advanced = planner.advance(std::move(state), slice);
    if (!advanced) return advanced;
    state = *std::move(advanced);
  }
  if (!pending->empty()) {
    json::array all;
    for (auto& each : *pending) all.push_back(std::move(each));
    state[pending_member] = std::move(all);
  }
  return state;
}

}  // namespace tapster
