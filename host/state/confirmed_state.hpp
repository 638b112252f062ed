// Which of the states that a Singer target was sent it has confirmed, by printing them after loading their
// rows.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "state/state.hpp"

namespace tapster::host {

// Bookmarks are confirmed one by one, because some targets load one stream after the other and print states
// that combine several. A state that is printed late, or twice, changes nothing. Any thread.
class ConfirmedState {
 public:
  // The state that the run began with counts as sent and confirmed.
  explicit ConfirmedState(State start);

  // Call it before the target can read the state.
  void sent(const State& state);

  // Takes a line that the target printed. Returns the state confirmed so far: each stream's newest confirmed
  // bookmark, and all other members of the state that the run began with. A line that is not a state, or has
  // a bookmark that was never sent, is an output failure.
  Outcome<State> take(std::string_view line);

  // The streams whose last bookmark was sent but not confirmed.
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
