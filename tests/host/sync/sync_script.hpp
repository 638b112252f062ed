// A connector, behind the ABI, that does what a test says.
#pragma once

#include <tapster/connector.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

// What the connector of these tests does. Slices are {"n":0}, {"n":1}, ...; a slice's record is {"id":n}; the
// state is {"done":n}, and with partitions has such a number for each by its name. What is set here is called
// on the way, and may answer another status.
struct tapster_source {
  int slices = 3;
  std::function<std::string(int64_t n)> partition;  // of a slice, where slices are to have one
  // When a slice's record has been pushed, with how often the slice has been asked for.
  std::function<tapster_status(const std::string& stream, int64_t n, int attempt)> on_read;
  std::function<tapster_status(const std::string& stream, int attempt)> on_plan;
  std::function<tapster_status(int64_t n)> on_slice;  // before plan pushes it; n is `slices` at plan's end
  std::function<tapster_status(int64_t n)> on_state;  // before a slice is folded
  std::function<void()> on_cancel;
  std::optional<std::chrono::milliseconds> retry_after;  // of each error

  std::mutex mutex;
  std::map<std::string, int> attempts;
};

namespace tapster::host {

// What the slice's partition is called in a state.
std::string part_of(const tapster_source& source, int64_t n);

// The connector. `next` is what it opens next.
tapster_connector script_connector(tapster_source& next);

}  // namespace tapster::host
