// What all incremental streams of Postmark have in common.
#pragma once

#include <chrono>
#include <tapster/incremental.hpp>

#include "config.hpp"

namespace postmark {

// The slices of a range of days, if each day is requested by itself: so many jobs can read it.
inline constexpr int slices_of_days = 16;

// Bookmarks of times by message stream, {"message_streams":{"outbound":"2026-11-01T05:00:00Z"}}, and of days
// of Eastern time, {"date":"2026-11-01"}. Without bounds in requests, as the streams are read by hand.
tapster::Incremental by_times(const Config& config, std::chrono::days lookback);
tapster::Incremental by_days(const Config& config, std::chrono::days lookback, std::chrono::days step);

}  // namespace postmark
