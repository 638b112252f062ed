// Where records go: a pipe that takes Singer messages or JSON lines, or a directory of files.
#pragma once

#include <tapster/connector.h>
#include <memory>
#include <vector>

#include "catalog/stream_selection.hpp"
#include "report/progress.hpp"
#include "state/state.hpp"
#include "system/clock.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// A slice by its stream's place in the run and its own in that stream's plan, both from 0.
struct SliceId {
  size_t stream;
  size_t number;
};

// Takes the records of a sync. Every failure has Exit::output and ends the run. `write` and `restart` are
// called from several threads at once, but never twice at once for one slice; the others by one thread at a
// time.
class Output {
 public:
  virtual ~Output() = default;

  // Before anything else: the streams to come. What `state` says of earlier runs is taken up, and put right
  // in it.
  virtual Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) = 0;

  // Records of a slice.
  virtual Outcome<void> write(SliceId slice, const tapster_batch& batch) = 0;

  // Removes the slice's records: it is read again from its beginning, or is skipped and finished empty.
  virtual Outcome<void> restart(SliceId slice) = 0;

  // All records of the slice have been written. Called for the slices of a stream in the order of its plan,
  // and for each of them unless the run is stopped before.
  virtual Outcome<void> finish(SliceId slice) = 0;

  // Makes what has been finished permanent, and emits `state`, which covers it. May add to the state what
  // an interrupted run is put right by.
  virtual Outcome<void> commit(State& state) = 0;

  // The state of the last commit has been stored, where the run stores one.
  virtual Outcome<void> stored() { return {}; }

  // The stream has ended; `complete` where all of its slices have been finished.
  virtual Outcome<void> end(size_t stream, bool complete) = 0;
};

// Singer messages to an open file.
// https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md#output
std::unique_ptr<Output> singer_output(int descriptor, const Clock& clock);

// One line a record, {"stream":…,"record":{…}}, to an open file.
std::unique_ptr<Output> jsonl_output(int descriptor);

// Airbyte's messages to an open file, with estimates made of `progress`, which outlives the output.
std::unique_ptr<Output> airbyte_output(int descriptor, const Clock& clock, const Progress& progress);

}  // namespace tapster::host
