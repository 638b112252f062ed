// Characters beyond ASCII that some readers of JSON lines take for the end of a line.
#pragma once

#include <string>
#include <string_view>

namespace tapster::host {

// Escapes U+0085, U+2028 and U+2029 in JSON text, where only strings can contain them.
void escape_line_ends(std::string& json);

// Whether there is a raw U+2028 or U+2029.
bool has_line_separator(std::string_view lines);

}  // namespace tapster::host
