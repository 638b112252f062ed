// A connector behind the ABI that a test scripts.
#pragma once

#include <tapster/connector.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

// The script of the connector of these tests. Slices are {"n":0}, {"n":1}, ...; a slice's record is {"id":n};
// the state is {"done":n}, and with partitions has such a number for each by its name. The functions are
// called on the way and may return an error.
//
// Long slices have several records. With `length` 3 they are {"n":2}, {"n":5}, ...: n is the last id, and the
// records are pushed one by one. After each, the progress is reported: {"n":0,"to":2} has been read up to 0.
struct tapster_source {
  int slices = 3;
  int length = 1;                                   // records of a slice
  std::function<std::string(int64_t n)> partition;  // of a slice, where slices are to have one
  // Called after a slice's record was pushed, with the number of reads of the slice.
  std::function<tapster_status(const std::string& stream, int64_t n, int attempt)> on_read;
  // Of long slices: called before a record is pushed, and after its progress was reported.
  std::function<tapster_status(const tapster_sink*out, int64_t id, int attempt)> before_row, after_progress;
  // What the slice has turned into, step by step; reported before on_read is called.
  std::function<std::vector<std::string>(int64_t n, int attempt)> progress;
  std::function<tapster_status(const std::string& stream, int attempt)> on_plan;
  std::function<tapster_status(int64_t n)> on_slice;  // before plan pushes it; n is `slices` at plan's end
  std::function<tapster_status(int64_t n)> on_state;  // before a slice is folded
  std::function<void()> on_cancel;
  std::optional<std::chrono::milliseconds> retry_after;  // of each error

  std::mutex mutex;
  std::map<std::string, int> attempts;
};

namespace tapster::host {

// The name of the slice's partition in a state.
std::string part_of(const tapster_source& source, int64_t n);

// The connector. It opens `next`.
tapster_connector script_connector(tapster_source& next);

}  // namespace tapster::host
