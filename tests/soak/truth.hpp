// What has to be true of a sync after each run, however that ended. Each answers what is not, in a few lines;
// with nothing where all is well.
#pragma once

#include <string>

#include "expected.hpp"

namespace tapster::soak {

using State = boost::json::object;

// Whether the row says when it happened, and not the day alone.
bool has_time(const boost::json::object& row);

// No bookmark of `after` lies before that of `before`, and none is gone.
std::string bookmarks_that_went_back(const State& before, const State& after);

// Every row of `expected` that lies before the state's bookmark is among `rows`; its status may be an older
// one.
std::string covered_and_missing(const State& state, const e2e::Tables& expected, const e2e::Tables& rows);

// Every row of `rows` is one of `expected`, by key.
std::string made_up(const e2e::Tables& expected, const e2e::Tables& rows);

// How many rows a run writes that goes on from this state.
struct Lookback {
  int days, stats_days;
};
size_t count_to_read(const State& state, const e2e::Tables& expected, Lookback lookback);

}  // namespace tapster::soak
