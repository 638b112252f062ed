// The plan of the lists of messages and events.
// https://postmarkapp.com/developer/api/messages-api
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tapster/bookmark.hpp>
#include <tapster/source.hpp>

#include "api.hpp"
#include "eastern.hpp"
#include "streams.hpp"

namespace postmark {

// The member of the rows with their time.
inline const std::string& time_of(const Activity& activity) {
  return tapster::find_column(activity.stream, activity.stream.replication_key)->path;
}

// The list of one message stream, all of it or by dates.
tapster::Target list_of(const Activity& activity, std::string_view message_stream,
                        const std::optional<WallRange>& dates = std::nullopt);

// Pushes slices that together cover the window of one message stream,
// {"message_stream":"outbound","from":"2026-11-01T04:00:00Z","to":"…"}. With "reads_back" the slice is read
// without dates, from the newest row of the list back to the start of the window. Makes requests; the page
// with which a slice begins is kept for it.
tapster::Result<void> plan_activity(Api& api, const Activity& activity, const tapster::Partition& stream,
                                    tapster::Window window, const tapster::Slices& slices);

}  // namespace postmark
