// Characters that some readers of JSON lines cannot take: those that they take for the end of a line, and
// U+0000.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapster::host {

// Escapes U+0085, U+2028 and U+2029 in JSON text, where only strings can contain them.
void escape_line_ends(std::string& json);

// Removes the escapes of U+0000 from JSON text, and returns how many there were. Relational databases cannot
// store that character.
size_t remove_nul(std::string& json);

// Whether there is an escape of U+0000.
bool has_nul(std::string_view json);

// Whether there is a raw U+2028 or U+2029.
bool has_line_separator(std::string_view lines);

}  // namespace tapster::host
