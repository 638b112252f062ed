// Reads the daily statistics. https://postmarkapp.com/developer/api/stats-api
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

// One slice: {"from":"2026-01-01","to":"2026-01-20","next":"2026-01-21"}, with "message_stream" or "tag" if
// the statistics are broken down. `next` is the day with which reading goes on: the day after `to`, or in the
// last slice `to` itself, which may not be over.
struct DaySlice {
  Days days;
  tapster::Day next;
  std::string part = {};  // the message stream or the tag; empty without a breakdown
};

// Returns where the bookmark is: {"date":"2026-01-21"}, or one per part in {"message_streams":{…}} or
// {"tags":{…}}.
tapster::BookmarkName days_bookmark(Statistics::By by = Statistics::By::everything,
                                    std::string_view part = {});

// Pushes slices that together cover the range of a part.
tapster::Result<void> plan_days(const Statistics& statistics, std::string_view part, Days range,
                                tapster::Slices& slices);

// Parse and write a slice. Errors: internal, if it is not one of these.
tapster::Result<DaySlice> day_slice(const tapster::json::object& slice,
                                    Statistics::By by = Statistics::By::everything);
tapster::json::object to_json(const DaySlice& slice, Statistics::By by = Statistics::By::everything);

// Whether the API accepts the message stream. It may refuse an archived one, at the cost of a request. If
// the request fails in another way, reading has that error too.
bool has_statistics(Api& api, const Statistics& statistics, const MessageStream& stream);

// Emits the rows of these days. A day without counts is a row of zeros, so that a table has no gap and a
// count that Postmark takes back does not stay. Days older than the API returns are skipped with a warning.
// Errors: source, for a response of another shape; those of Api::get.
tapster::Result<void> read_days(Api& api, const Statistics& statistics, const tapster::Projection& projection,
                                const DaySlice& slice, tapster::Records& records);

}  // namespace postmark
