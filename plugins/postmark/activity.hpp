// Reading the lists of messages and events, completely, whatever their volume.
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
  // The list's dates are no use, so it is read from its newest row back to the window's start.
  bool reads_back = false;
};

tapster::Result<ActivitySlice> activity_slice(const tapster::json::object& slice);

// Slices that together cover the window of one message stream.
tapster::Result<void> plan_activity(Api& api, const Activity& activity, const MessageStream& stream,
                                    tapster::Window window, tapster::Slices& slices);

// Emits every row of the slice, once. A source error says so where the API cannot be made to show every row.
tapster::Result<void> read_activity(Api& api, const Activity& activity, const tapster::Projection& projection,
                                    const ActivitySlice& slice, tapster::Records& records);

}  // namespace postmark
