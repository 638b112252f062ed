// What a Singer target has confirmed: of the states it was sent, those that it printed when their rows were
// loaded.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "state/state.hpp"

namespace tapster::host {

// Every stream's bookmark counts for itself, as some targets load one stream after the other and print states
// that are put together from several. One that is printed late, or again, takes nothing back. Safe to use
// from any thread.
class ConfirmedState {
 public:
  // The state that the run began with counts as sent and confirmed.
  explicit ConfirmedState(State start);

  // Call it before the target can read the state.
  void sent(const State& state);

  // Takes a line that the target printed. Gives the state that has been confirmed by now: each stream's
  // newest bookmark, and what else the run began with. A line that is not a state, or has a bookmark that was
  // never sent, is a failure of output.
  Outcome<State> take(std::string_view line);

  // The streams whose last bookmark has been sent and not been confirmed.
  [[nodiscard]] std::vector<std::string> missing() const;

 private:
  struct Bookmarks {
    std::vector<size_t> sent;  // their hashes, oldest first
    size_t confirmed = 0;      // how many of them
  };
  mutable std::mutex mutex_;
  State confirmed_;
  std::map<std::string, Bookmarks, std::less<>> streams_;
};

}  // namespace tapster::host
