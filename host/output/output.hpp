// Where records go: a pipe that takes Singer messages or JSON lines, or a directory of files.
#pragma once

#include <tapster/connector.h>
#include <memory>
#include <vector>

#include "catalog/stream_selection.hpp"
#include "output/line_writer.hpp"
#include "report/progress.hpp"
#include "state/state.hpp"
#include "system/clock.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Identifies a slice by the number of its stream in the run and its own number in that stream's plan, both
// from 0.
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

  // Called first, with the streams of the run. Repairs what an interrupted run left, using `state`, and
  // updates `state`.
  virtual Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) = 0;

  // Records of a slice.
  virtual Outcome<void> write(SliceId slice, const tapster_batch& batch) = 0;

  // Removes the slice's records, or those after its last checkpoint. They will be read again, or the rest of
  // the slice is skipped and the slice is finished.
  virtual Outcome<void> restart(SliceId slice) = 0;

  // Keeps the records of the slice so far: `restart` removes only those after the last checkpoint, and
  // `commit` makes them permanent. Called for a slice whose predecessors have been finished.
  virtual Outcome<void> checkpoint(SliceId) { return {}; }

  // All records of the slice have been written. Called for every slice of a stream, in the order of its plan,
  // until the run is stopped.
  virtual Outcome<void> finish(SliceId slice) = 0;

  // Makes the finished slices and the checkpoint permanent, and emits `state`, which covers them. May add to
  // the state what the next run needs to repair an interruption.
  virtual Outcome<void> commit(State& state) = 0;

  // The state of the last commit has been stored, if the run stores states.
  virtual Outcome<void> stored() { return {}; }

  // The stream has ended; `complete` if all of its slices have been finished.
  virtual Outcome<void> end(size_t stream, bool complete) = 0;
};

// Singer messages to an open file.
// https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md#output
std::unique_ptr<Output> singer_output(int descriptor, const Clock& clock);

// One line per record, {"stream":…,"record":{…}}, to an open file.
std::unique_ptr<Output> jsonl_output(int descriptor);

// Airbyte's messages, with estimates and errors from `progress`. The arguments outlive the output.
std::unique_ptr<Output> airbyte_output(LineWriter& pipe, const Clock& clock, const Progress& progress);

}  // namespace tapster::host
