// A sync: plans every selected stream, reads the slices on several threads, and advances the state over what
// has been written.
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
#include "sync/shard.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

struct SyncOptions {
  int jobs = 4;              // slices read at once
  std::string since, until;  // as in tapster_plan_request
  bool keep_nul = false;     // keep U+0000 in records
  bool validate = false;     // check each record against its stream's schema before it is written
  int attempts = 2;          // how many times a slice is tried if it fails for a transient reason
  // The least time between two commits, in real time; zero commits after every slice and every progress.
  std::chrono::milliseconds commit_interval = std::chrono::seconds(1);
};

// What a sync works with. Everything must outlive the sync.
struct SyncContext {
  Source& source;
  HostServices& services;
  Log& log;
  Output& output;
  const StateFile* state_file;   // null if the run has none
  Progress& progress;            // one entry for each stream, in their order
  Rejects* rejects = nullptr;    // where records go that cannot be read; null: they fail their slice
  const Shard* shard = nullptr;  // what to read; null: what the connector plans. Its streams are is_shard
};

// Runs the sync to its end. If a slice fails, the later slices of its partition are skipped, and the output
// drops the records of all of them; see tapster_connector.plan. The stream continues with its other
// partitions and fails at its end, as does a stream whose plan fails. If some streams fail, the others
// continue, and the run ends with Exit::partial; if all streams fail completely and with the same exit, it
// ends with that. If the records cannot be written, it ends with Exit::output. If the source is cancelled,
// slices stop, and what was folded is committed. In every case the last state that is emitted and stored
// matches what was written.
Outcome<void> sync(const SyncContext& context, const std::vector<SelectedStream>& streams,
                   const SyncOptions& options, State state);

}  // namespace tapster::host
