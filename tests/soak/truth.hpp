// What must hold for a sync after each run, however it ended. Each check returns what is wrong in a few
// lines, or an empty text.
#pragma once

#include <string>

#include "expected.hpp"

namespace tapster::soak {

using State = boost::json::object;

// Whether the row has a time, not just a day.
bool has_time(const boost::json::object& row);

// No bookmark of `after` is earlier than in `before`, and none is missing.
std::string bookmarks_that_went_back(const State& before, const State& after);

// `rows` has every row of `expected` before the bookmark of the state. Its status may be older.
std::string covered_and_missing(const State& state, const e2e::Tables& expected, const e2e::Tables& rows);

// Every row of `rows` is one of `expected`, by key.
std::string made_up(const e2e::Tables& expected, const e2e::Tables& rows);

// How many rows a run that continues from this state writes.
struct Lookback {
  int days, stats_days;
};
size_t count_to_read(const State& state, const e2e::Tables& expected, Lookback lookback);

}  // namespace tapster::soak
