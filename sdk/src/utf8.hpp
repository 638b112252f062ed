// Checks text that a source claims to be UTF-8: https://www.rfc-editor.org/rfc/rfc3629
#pragma once

#include <string>
#include <string_view>

namespace tapster {

bool is_utf8(std::string_view text);

// The text with U+FFFD in place of each byte that is not UTF-8.
std::string as_utf8(std::string_view text);

}  // namespace tapster
