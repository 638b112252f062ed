// How a run ends whose streams have failed: one failure for all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/exit_code.hpp"

namespace tapster::host {

struct FailedStream {
  std::string name;
  Exit exit;  // Exit::partial if a partition of it did not fail
  FailureType type;
  std::string error;  // the first one, with what was attempted; empty for a cancel
  std::string cause;  // the same without that: streams may share it
};

// The failure of a run of `all` streams; nothing if none has failed. If some did not fail, the exit is
// partial, whatever the cause. The message names a cause that all failed streams share, or the first error.
Outcome<void> verdict(const std::vector<FailedStream>& failed, size_t all);

// One value for several failures: that of all of them, or `mixed`. `all` is the value so far.
template <class T>
T one_for(const std::optional<T>& all, T one, T mixed) {
  return !all || *all == one ? one : mixed;
}

}  // namespace tapster::host
