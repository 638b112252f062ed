// Reads the lists of messages and events completely, however many rows they have.
// https://postmarkapp.com/developer/api/messages-api
#pragma once

#include <string>
#include <tapster/bookmark.hpp>
#include <tapster/source.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// One slice: a window of one message stream,
// {"message_stream":"outbound","from":"2026-11-01T04:00:00Z","to":"…"}.
struct ActivitySlice {
  std::string message_stream;
  tapster::Window window;
  // The list does not filter by date, so it is read from its newest row back to the start of the window.
  bool reads_back = false;
};

// The member of the rows with their time.
inline const std::string& time_of(const Activity& activity) {
  return tapster::find_column(activity.stream, activity.stream.replication_key)->path;
}

// Pushes slices that together cover the window of one message stream. Makes requests.
tapster::Result<void> plan_activity(Api& api, const Activity& activity, const MessageStream& stream,
                                    tapster::Window window, const tapster::Slices& slices);

// Emits every row of the slice once. Errors: source, if the API does not show every row; those of Api::get.
tapster::Result<void> read_activity(Api& api, const Activity& activity, const tapster::Projection& projection,
                                    const ActivitySlice& slice, tapster::Records& records);

// Requests the statistics that belong to a list, once for any number of days. They are only a hint: a window
// of any size can be read, so a wrong number costs requests, but never rows. Errors: those of Api::get.
tapster::Result<tapster::Volume> request_volume(Api& api, const Activity& activity,
                                                std::string_view message_stream, tapster::Window window);

}  // namespace postmark
