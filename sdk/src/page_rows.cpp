#include "page_rows.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "numbers.hpp"

namespace tapster {

PageRows::Noted PageRows::note(const Row& row, const RowTimes& known) {
  // The time of a row that cannot be read may be missing. Its neighbour in the list has a time near it.
  const auto time = row.cursor || !row.is_rejected ? row.cursor : last_;
  last_ = time;
  if (row.cursor) {
    is_sorted_ = is_sorted_ && (!newest_ || *row.cursor >= *newest_);
    newest_ = std::max(newest_.value_or(*row.cursor), *row.cursor);
  }
  const auto integer = note_integer(row);
  const auto position = time ? std::optional(position_of(*time)) : integer;
  if (!first_) first_ = position;
  hash_ = hash_ * 31 + std::hash<std::string_view>()(row.key);
  // The same rows with later times are progress.
  if (row.cursor) hash_ = hash_ * 31 + std::hash<int64_t>()(row.cursor->time_since_epoch().count());
  const bool is_fresh = is_new(row, time, known);
  if (is_fresh) ++fresh_;
  return {is_fresh, time, position};
}

bool PageRows::is_new(const Row& row, std::optional<FineTime> time, const RowTimes& known) {
  if (row.key.empty()) return true;
  const auto found = known.find(row.key);
  if (found != known.end() && found->second == time) return false;
  const auto [seen, is_first] = times_.try_emplace(std::string(row.key), time);
  return is_first || std::exchange(seen->second, time) != time;
}

std::optional<int64_t> PageRows::note_integer(const Row& row) {
  const auto value = parse_integer(row.cursor_json);
  if (!value) return value;
  is_sorted_ = is_sorted_ && (!greatest_ || *value >= *greatest_);
  greatest_ = std::max(greatest_.value_or(*value), *value);
  return value;
}

}  // namespace tapster
