// The bounds in a slice, as far as they can be known: slices are opaque, but many have a "from" and a "to".
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>

namespace tapster::host {

// Whether `earlier` begins after `later` does. False if the slices cannot be compared.
bool is_later(std::string_view earlier, std::string_view later);

// Whether the value of a replication key lies outside the slice. A day counts with all time zones. False if
// they cannot be compared.
bool is_outside(std::string_view slice, const json::value& value);

}  // namespace tapster::host
