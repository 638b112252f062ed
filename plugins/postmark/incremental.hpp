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

// Pushes the slice of some days. `last` is the last day of the range: it is read again by the next sync.
tapster::Result<void> push_slice(tapster::Day from, tapster::Day to, tapster::Day last,
                                 const tapster::Slices& slices);

// Pushes slices of up to `most` days each, for a stream that requests each day by itself. The requests of a
// slice follow each other, and slices are read at the same time. So a short range is cut into smaller ones.
tapster::Result<void> push_days(tapster::Day first, tapster::Day last, std::chrono::days most,
                                const tapster::Slices& slices);

}  // namespace postmark
