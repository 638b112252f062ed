// Aligned columns for people.
#pragma once

#include <string>
#include <vector>

namespace tapster::host {

// One line per row, each column as wide as its widest cell, two spaces between columns and none at the end of
// a line.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace tapster::host
