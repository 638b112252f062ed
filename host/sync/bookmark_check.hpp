// The contract's rules for a bookmark: it does not move back, and does not lie ahead of the clock.
#pragma once

#include <string>
#include <string_view>
#include <tapster/time.hpp>

namespace tapster::host {

// What is wrong with the bookmark `after`, which took the place of `before` (empty for a first one); empty
// where nothing is. Both are JSON objects. Compared are the members that changed, at any depth below objects:
// times, days and numbers. Other texts are opaque, and so is what is inside an array.
//
// A time may be up to two days ahead of `now`: days have zones, and clocks differ.
std::string bookmark_flaw(std::string_view before, std::string_view after, Time now);

}  // namespace tapster::host
