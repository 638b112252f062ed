#include "ordered_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tapster {

std::optional<int64_t> OrderedProgress::next(std::optional<int64_t> covered, const Positions& rows) {
  if (covered && window_)
    covered =
        position_of(std::chrono::floor<std::chrono::microseconds>(FineTime(FineTime::duration(*covered))));
  // Pages by number may have pushed rows that the position does not cover.
  const bool is_passed = covered && pushed_ && *pushed_ >= *covered;
  for (const auto& row : rows) pushed_ = std::max(pushed_, row);
  if (!covered || is_passed || covered == reported_) return std::nullopt;
  reported_ = covered;
  return covered;
}

json::value OrderedProgress::reached_at(int64_t position) const {
  if (!window_) return position - 1;  // further rows may have the same integer
  const FineTime time{FineTime::duration(position)};
  return json::string(format_time(std::chrono::floor<std::chrono::microseconds>(time)));
}

Failed not_sorted(const Stream& stream) {
  return source_error(
      fmt::format("the rows are not sorted by {}, ascending: request that order", stream.replication_key));
}

size_t rows_before(int64_t position, const Positions& rows) {
  const auto end =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row && *row >= position; });
  return static_cast<size_t>(end - rows.begin());
}

Block take_front(Block& block, size_t rows) {
  auto front = std::exchange(block, {});
  block.extracted_at = front.extracted_at;
  block.takes_rejects = front.takes_rejects;
  if (front.count == 0) return front;
  size_t end = 0;
  for (size_t i = 0; i < rows; ++i) end = front.lines.find('\n', end) + 1;
  block.lines.assign(front.lines, end);
  block.count = front.count - rows;
  front.lines.resize(end);
  front.count = rows;
  return front;
}

}  // namespace tapster
