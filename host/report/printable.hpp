// Text from outside, made safe for a terminal and for a line of log.
#pragma once

#include <string>
#include <string_view>

namespace tapster::host {

// `text` as valid UTF-8 in which no character beyond ASCII controls a terminal, moves or hides its
// neighbours, or ends a line: C1 controls (U+0080 to U+009F), U+2028 and U+2029, and format characters such
// as U+202E become spaces, and what is not UTF-8 becomes U+FFFD. ASCII control characters stay.
std::string without_hidden_controls(std::string_view text);

// The same on one line: ASCII control characters become spaces too, and each line break becomes `line_break`.
// Line breaks at the end are left out.
std::string printable(std::string_view text, std::string_view line_break = " ");

}  // namespace tapster::host
