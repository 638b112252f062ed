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

// Slices of days, {"from":"2026-01-01","to":"2026-01-31"}, that together cover `days`.
tapster::Result<void> plan_days(const Statistics& statistics, Days days, tapster::Slices& slices);

// The days of a slice.
tapster::Result<Days> days_of(const tapster::json::object& slice);

// Emits the rows of these days. A day without counts is a row of zeros, so that a table shows no gap and a
// count that went away does not stay.
tapster::Result<void> read_days(Api& api, const Statistics& statistics, const tapster::Projection& projection,
                                Days days, tapster::Records& records);

}  // namespace postmark
