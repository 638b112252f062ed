// What commands other than read say on standard output: text for people, JSON for machines.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "system/exit_code.hpp"

namespace tapster::host {

// Writes all of `text` to the open file, or fails with Exit::output.
Outcome<void> print(int descriptor, std::string_view text);

// JSON on several lines, two spaces a level, ending in a line break. Arrays of plain values stay on one line.
std::string pretty(const json::value& value);

// The columns of a terminal that UTF-8 text takes, and as much of it as takes no more than `width`, with an ellipsis where
// something was cut off.
size_t display_width(std::string_view text);
std::string cut(std::string_view text, size_t width);

// Whether an open file is a terminal that wants colours: https://no-color.org
bool wants_colour(int descriptor);

// Rows of cells, with the columns aligned and two spaces between them; the last column is as long as it is.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace tapster::host
