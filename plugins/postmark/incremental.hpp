// What all incremental streams of Postmark have in common.
#pragma once

#include <chrono>
#include <tapster/incremental.hpp>

#include "config.hpp"

namespace postmark {

// Bookmarks of times by message stream, {"message_streams":{"outbound":"2026-11-01T05:00:00Z"}}, and of days
// of Eastern time, {"date":"2026-11-01"}. Without bounds in requests, as the streams are read by hand.
tapster::Incremental by_times(const Config& config, std::chrono::days lookback);
tapster::Incremental by_days(const Config& config, std::chrono::days lookback, std::chrono::days step);

}  // namespace postmark
