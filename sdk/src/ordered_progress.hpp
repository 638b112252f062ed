// The progress of a slice whose rows come in the order of their replication key: a position before which
// every row has been pushed. A block is pushed in two parts: the rows before that position, then the
// progress, then the others. So a read that starts again at the progress, or a later sync, pushes no row
// twice.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tapster/bookmark.hpp>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <tapster/records.hpp>
#include <tapster/stream.hpp>
#include <tapster/time.hpp>
#include <vector>

namespace tapster {

// Where a row with this time is in the order of the replication key. An integer is its own position.
inline int64_t position_of(FineTime time) {
  return time.time_since_epoch().count();
}

// Positions of rows, in their order. A row without a value has none.
using Positions = std::vector<std::optional<int64_t>>;

class OrderedProgress {
 public:
  // The window of a slice of times; nothing for one of integers.
  explicit OrderedProgress(std::optional<Window> window) : window_(window) {
    if (window) reported_ = position_of(window->from);
  }

  // Takes the positions of the next rows. Returns the position to report with them, if every row before
  // `covered` is among them or came earlier; nothing if there is none, or if it would say nothing new. Times
  // are rounded down to microseconds, as bookmarks have them.
  std::optional<int64_t> next(std::optional<int64_t> covered, const Positions& rows);

  // What the slice's "reached" is if every row before this position has been pushed.
  [[nodiscard]] json::value reached_at(int64_t position) const;

 private:
  std::optional<Window> window_;
  std::optional<int64_t> reported_;
  std::optional<int64_t> pushed_;  // the greatest position of the rows so far
};

// The error that the rows of a stream come in another order.
Failed not_sorted(const Stream& stream);

// The number of rows that come before this position.
size_t rows_before(int64_t position, const Positions& rows);

// Moves the first rows of a block into another one, with all rejects.
Block take_front(Block& block, size_t rows);

}  // namespace tapster
