// The contract's rules for a bookmark: it does not move back, and does not lie ahead of the clock.
#pragma once

#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/time.hpp>

#include "plugin/source.hpp"

namespace tapster::host {

// What is wrong with the bookmark `after`, which replaces `before` (empty for a first one); empty if nothing
// is. Both are JSON objects. Compares the times, days and numbers that changed, at any depth of objects.
// Other texts, and everything inside arrays, are opaque.
//
// A time may be up to two days ahead of `now`, because days depend on a time zone, and clocks differ.
std::string bookmark_flaw(std::string_view before, std::string_view after, Time now);

// The stream's bookmark after the slice has been read, from the connector's `state`. `bookmark` is the one
// before, empty for none. Errors: those of Source::state, and internal for a bookmark with a flaw.
Result<std::string> next_bookmark(Source& source, std::string_view stream, std::string_view bookmark,
                                  std::string_view slice, Time now);

}  // namespace tapster::host
