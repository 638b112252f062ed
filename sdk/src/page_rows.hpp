// The rows that one page shows: which of them are new, and what says where the next page starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tapster/record_parser.hpp>
#include <tapster/time.hpp>

#include "ordered_progress.hpp"

namespace tapster {

// Rows by their key, and the time of each.
using RowTimes = std::map<std::string, std::optional<FineTime>, std::less<>>;

class PageRows {
 public:
  struct Noted {
    bool is_new;  // neither this page nor `known` has the row with this time
    std::optional<FineTime> time;
    std::optional<int64_t> position;  // see position_of
  };
  // Takes the next row of the page.
  Noted note(const Row& row, const RowTimes& known);

  [[nodiscard]] size_t hash() const { return hash_; }    // of the keys and times
  [[nodiscard]] size_t fresh() const { return fresh_; }  // the number of new rows
  [[nodiscard]] std::optional<FineTime> newest() const { return newest_; }
  [[nodiscard]] bool is_sorted() const { return is_sorted_; }  // by the replication key, ascending
  // The positions of the first row, and of the greatest one.
  [[nodiscard]] std::optional<int64_t> first() const { return first_; }
  [[nodiscard]] std::optional<int64_t> last() const { return newest_ ? position_of(*newest_) : greatest_; }
  // The greatest integer of the replication key.
  [[nodiscard]] std::optional<int64_t> greatest() const { return greatest_; }
  [[nodiscard]] const RowTimes& times() const { return times_; }

 private:
  bool is_new(const Row& row, std::optional<FineTime> time, const RowTimes& known);
  std::optional<int64_t> note_integer(const Row& row);

  size_t hash_ = 0;
  size_t fresh_ = 0;
  std::optional<FineTime> newest_, last_;
  bool is_sorted_ = true;
  std::optional<int64_t> greatest_, first_;
  RowTimes times_;
};

}  // namespace tapster
