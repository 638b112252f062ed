#include "incremental.hpp"

#include <algorithm>
#include <utility>

#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// The newest rows may not be in the lists yet, so they are left to the next sync.
constexpr std::chrono::seconds settling{60};

// As many slices of days as a range should have, so that this many jobs can read it.
constexpr int wanted_slices = 16;

// Converts a state of tap-postmark, {"start_date":"2026-03-01"}. That is the day after the last row in UTC,
// which may be two days after it in Eastern time, and tap-postmark did not read the rest of the last row's
// day. So the bookmark is two days earlier. For messages and events it is that of the default message stream,
// the only one that was read.
Result<json::object> adopt(Incremental::Unit unit, json::object state) {
  if (!state.contains("start_date")) return state;
  const auto start = day_bookmark(state, {"start_date"});
  if (!start) return Failed(start.error());
  const auto from = **start - days(2);
  state.erase("start_date");
  if (unit == Incremental::Unit::day) {
    state.emplace("date", format_day(from));
  } else if (!state.contains("message_streams")) {
    state["message_streams"] = {{"outbound", format_time(eastern().start_of(from))}};
  }
  return state;
}

Incremental incremental(const Config& config, Incremental::Unit unit, days lookback) {
  return {.unit = unit,
          .start = eastern().start_of(config.start),
          .zone = eastern_name,
          .lookback = lookback,
          .adopt = [unit](json::object state) { return adopt(unit, std::move(state)); }};
}

}  // namespace

Incremental by_times(const Config& config, days lookback) {
  auto made = incremental(config, Incremental::Unit::time, lookback);
  made.bookmark = "received_at";
  made.settling = settling;
  return made;
}

Incremental by_days(const Config& config, days lookback, days step) {
  auto made = incremental(config, Incremental::Unit::day, lookback);
  made.step = step;
  return made;
}

Result<void> push_slice(Day from, Day to, Day last, const Slices& slices) {
  return slices.push(to_json({from, to, to == last ? to : to + days(1)}));
}

Result<void> push_days(Day first, Day last, days most, const Slices& slices) {
  const auto all = last - first + days(1);
  const auto size = std::clamp((all + days(wanted_slices - 1)) / wanted_slices, days(1), most);
  for (auto from = first; from <= last; from += size) {
    const auto to = std::min(from + size - days(1), last);
    auto pushed = push_slice(from, to, last, slices);
    if (!pushed) return pushed;
  }
  return {};
}

}  // namespace postmark
