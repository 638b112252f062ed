// Reads received messages of every status completely, however many there are.
// https://postmarkapp.com/developer/api/messages-api#inbound-message-search
#pragma once

#include <tapster/source.hpp>

#include "api.hpp"
#include "statistics.hpp"
#include "streams.hpp"

namespace postmark {

// Pushes slices that together cover the range.
tapster::Result<void> plan_inbound(const Inbound& inbound, Days range, tapster::Day today,
                                   tapster::Slices& slices);

// Emits the messages of these days with every status, and the day under which the API lists each. A message
// whose status changes during the read is not missed, but may be emitted twice, with the later status last.
// Details are read of each listed message. Errors: source, if the API does not show every row; those of
// Api::get.
tapster::Result<void> read_inbound(Api& api, const Inbound& inbound, const tapster::Projection& projection,
                                   Days range, tapster::Records& records);

}  // namespace postmark
