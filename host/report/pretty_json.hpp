// JSON for people: indented.
#pragma once

#include <string>
#include <tapster/json.hpp>

namespace tapster::host {

// `value` on several lines, two spaces a level, ending in a line break. Arrays of plain values stay on one
// line.
std::string pretty(const json::value& value);

}  // namespace tapster::host
