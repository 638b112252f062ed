// The exports in the state of a stream: those that an earlier run created and did not read to the end. The
// member "pending_exports" has the slice of each, with the export's id in "export"; at most one for each
// partition.
#pragma once

#include <tapster/incremental.hpp>
#include <tapster/source.hpp>

namespace tapster {

// The member of a slice that has the id of its export.
inline constexpr const char* export_member = "export";

// As Planner::plan, with the exports of the state first. Bounds of the user replace them.
Result<void> plan_with_exports(const Planner& planner, const PlanRequest& request, Slices& slices);

// As Planner::advance. A slice with an export becomes a pending one, and the bookmark stays.
Result<json::object> advance_with_exports(const Planner& planner, json::object state,
                                          const json::object& slice);

}  // namespace tapster
