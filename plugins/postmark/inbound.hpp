// Reading the messages received, completely, whatever their volume and status.
// https://postmarkapp.com/developer/api/messages-api#inbound-message-search
#pragma once

#include <tapster/source.hpp>

#include "api.hpp"
#include "statistics.hpp"
#include "streams.hpp"

namespace postmark {

// Slices that together cover the range.
tapster::Result<void> plan_inbound(Days range, tapster::Day today, tapster::Slices& slices);

// Emits the messages of these days with every status, each with the day that the API lists it under. One
// whose status changes while it is read may come twice, the later status last, and is not missed. A source
// error says so where the API cannot be made to show every row.
tapster::Result<void> read_inbound(Api& api, const Inbound& inbound, const tapster::Projection& projection,
                                   Days range, tapster::Records& records);

}  // namespace postmark
