// Reads received messages of every status completely, however many there are.
// https://postmarkapp.com/developer/api/messages-api#inbound-message-search
#pragma once

#include <tapster/incremental.hpp>
#include <tapster/source.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// Pushes slices that together cover the days.
tapster::Result<void> plan_inbound(const Inbound& inbound, tapster::Day first, tapster::Day last,
                                   tapster::Day today, const tapster::Slices& slices);

// Emits the messages of these days with every status, and the day under which the API lists each. A message
// whose status changes during the read is not missed, but may be emitted twice, with the later status last.
// Details are read of each listed message. Errors: source, if the API does not show every row; those of
// Api::get.
tapster::Result<void> read_inbound(Api& api, const Inbound& inbound, const tapster::Projection& projection,
                                   const tapster::DayRange& range, tapster::Records& records);

}  // namespace postmark
