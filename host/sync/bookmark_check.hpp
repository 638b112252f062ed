// The contract's rules for a bookmark: it does not move back, and does not lie ahead of the clock.
#pragma once

#include <string>
#include <string_view>
#include <tapster/time.hpp>

namespace tapster::host {

// What is wrong with the bookmark `after`, which replaces `before` (empty for a first one); empty if nothing
// is. Both are JSON objects. Compares the times, days and numbers that changed, at any depth of objects.
// Other texts, and everything inside arrays, are opaque.
//
// A time may be up to two days ahead of `now`, because days depend on a time zone, and clocks differ.
std::string bookmark_flaw(std::string_view before, std::string_view after, Time now);

}  // namespace tapster::host
