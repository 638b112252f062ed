// A sync: plans every selected stream, reads the slices on several threads, and moves the state over what has
// been written.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "catalog/stream_selection.hpp"
#include "output/output.hpp"
#include "output/rejects.hpp"
#include "plugin/source.hpp"
#include "report/progress.hpp"
#include "state/state.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

struct SyncOptions {
  int jobs = 4;              // slices read at once
  std::string since, until;  // as in tapster_plan_request
  bool validate = false;     // check each record against its stream's schema before it is written
  int attempts = 2;          // how often a slice is read that fails for a transient cause
  // Between two commits, at least, in real time; zero commits after every slice.
  std::chrono::milliseconds commit_interval = std::chrono::seconds(1);
};

// What a sync works with; all of it outlives the sync.
struct SyncContext {
  Source& source;
  HostServices& services;
  Log& log;
  Output& output;
  const StateFile* state_file;  // null where the run has none
  Progress& progress;           // one entry for each stream, in their order
  Rejects* rejects = nullptr;   // where records go that cannot be read; null: they fail their slice
};

// Runs it to its end. A slice that fails takes the later ones of its partition with it, and the output
// forgets their records; see tapster_connector.plan. Its stream goes on with the others and fails at its end,
// as one does whose plan fails. A stream that fails leaves the others running and ends the run with
// Exit::partial; where all streams failed, all parts of them, and all for the same, with the exit of that.
// Records that cannot be written end the run with Exit::output. Where the source is cancelled the slices
// stop, and what was reached is committed. In every case the last state that is emitted and stored matches
// what was written.
Outcome<void> sync(const SyncContext& parts, const std::vector<SelectedStream>& streams,
                   const SyncOptions& options, State state);

}  // namespace tapster::host
