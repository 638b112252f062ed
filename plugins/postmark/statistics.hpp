// Reads the daily statistics. https://postmarkapp.com/developer/api/stats-api
#pragma once

#include <string>
#include <tapster/incremental.hpp>
#include <tapster/source.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// Emits the rows of these days, for all messages or for one message stream or tag, `part`. A day without
// counts is a row of zeros, so that a table has no gap and a count that Postmark takes back does not stay.
// Days older than the API returns are skipped with a warning. Errors: source, for a response of another
// shape; those of Api::get.
tapster::Result<void> read_days(Api& api, const Statistics& statistics, const tapster::Projection& projection,
                                const tapster::DayRange& slice, const std::string& part,
                                tapster::Records& records);

}  // namespace postmark
