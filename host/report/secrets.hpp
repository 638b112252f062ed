// Texts that must never be shown, and the forms that they take in messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapster::host {

// What ends a text that was cut to fit. `redacted` looks before it for the beginning of a secret, as a cut
// may leave one there.
inline constexpr std::string_view cut_mark = "…";

// At most `size` bytes of the text, ending at a whole character, and the cut mark where something is missing.
std::string shortened(std::string_view text, size_t size);

// Adds the forms of a secret: as it is, URL-encoded, base64-encoded alone or inside a longer text (as in an
// Authorization header), and escaped as in JSON. The longest come first, so that none is cut by one that is a
// part of it. Texts of less than four bytes would blot out every line, so they are ignored.
void add_forms(std::vector<std::string>& forms, std::string_view secret);

// `text` with "***" in place of every form, and of the beginning of one that stands before a cut mark.
std::string redacted(std::string text, const std::vector<std::string>& forms);

}  // namespace tapster::host
