// Reading the daily statistics. https://postmarkapp.com/developer/api/stats-api
#pragma once

#include <tapster/source.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// Eastern days, both included.
struct Days {
  tapster::Day from, to;
};

// {"from":"2026-01-01","to":"2026-01-20","next":"2026-01-21"}. `next` is the day to go on with: the day after, and
// when all has been read the last day again, which may not have been over.
struct DaySlice {
  Days days;
  tapster::Day next;
};

// Slices that together cover `days`.
tapster::Result<void> plan_days(const Statistics& statistics, Days days, tapster::Slices& slices);

tapster::Result<DaySlice> day_slice(const tapster::json::object& slice);
tapster::json::object to_json(const DaySlice& slice);

// Emits the rows of these days. A day without counts is a row of zeros, so that a table shows no gap and a
// count that went away does not stay.
tapster::Result<void> read_days(Api& api, const Statistics& statistics, const tapster::Projection& projection,
                                Days days, tapster::Records& records);

}  // namespace postmark
