#include "incremental.hpp"

#include <utility>

#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// The newest rows may not be in the lists yet, so they are left to the next sync.
constexpr std::chrono::seconds settling{60};

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

}  // namespace postmark
