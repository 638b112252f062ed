// The plan of the lists of messages and events.
// https://postmarkapp.com/developer/api/messages-api
#pragma once

#include <string>
#include <tapster/bookmark.hpp>
#include <tapster/source.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// The member of the rows with their time.
inline const std::string& time_of(const Activity& activity) {
  return tapster::find_column(activity.stream, activity.stream.replication_key)->path;
}

// Pushes slices that together cover the window of one message stream,
// {"message_stream":"outbound","from":"2026-11-01T04:00:00Z","to":"…"}. With "reads_back" the list does not
// filter by date, so it is read from its newest row back to the start of the window. Makes requests.
tapster::Result<void> plan_activity(Api& api, const Activity& activity, const tapster::Partition& stream,
                                    tapster::Window window, const tapster::Slices& slices);

}  // namespace postmark
