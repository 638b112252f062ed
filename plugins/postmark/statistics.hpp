// Reading the daily statistics. https://postmarkapp.com/developer/api/stats-api
#pragma once

#include <string>
#include <tapster/bookmark.hpp>
#include <tapster/source.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// Eastern days, both included.
struct Days {
  tapster::Day from, to;
};

// {"from":"2026-01-01","to":"2026-01-20","next":"2026-01-21"}, with "message_stream" or "tag" where the
// statistics are by one of them. `next` is the day to go on with: the day after, and when all has been read
// the last day again, which may not have been over.
struct DaySlice {
  Days days;
  tapster::Day next;
  std::string part = {};  // the message stream or the tag; empty where the counts are of everything
};

// The bookmark of a part: {"date":"2026-01-21"}, or one for each in {"message_streams":{…}} or {"tags":{…}}.
tapster::BookmarkName days_bookmark(Statistics::By by = Statistics::By::everything,
                                    std::string_view part = {});

// Slices that together cover the range of a part.
tapster::Result<void> plan_days(const Statistics& statistics, std::string_view part, Days range,
                                tapster::Slices& slices);

tapster::Result<DaySlice> day_slice(const tapster::json::object& slice,
                                    Statistics::By by = Statistics::By::everything);
tapster::json::object to_json(const DaySlice& slice, Statistics::By by = Statistics::By::everything);

// Emits the rows of these days. A day without counts is a row of zeros, so that a table shows no gap and a
// count that went away does not stay.
tapster::Result<void> read_days(Api& api, const Statistics& statistics, const tapster::Projection& projection,
                                const DaySlice& slice, tapster::Records& records);

}  // namespace postmark
