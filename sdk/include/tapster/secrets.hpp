// Texts that must never be shown, and the forms that they take in messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapster {

// Marks the end of a text that was cut. `redacted` also looks for the beginning of a secret before the mark,
// because a cut can leave one there.
inline constexpr std::string_view cut_mark = "…";

// The beginning of the text: at most `size` bytes, ending with a complete character, and the cut mark if
// anything is missing.
std::string shortened(std::string_view text, size_t size);

// Adds the forms of a secret: as it is, URL-encoded, base64-encoded alone or inside a longer text (as in an
// Authorization header), and escaped as in JSON. The longest come first, so that a form is replaced before
// its own parts. Texts of less than four bytes are ignored, because they would blot out every line.
void add_forms(std::vector<std::string>& forms, std::string_view secret);

// `text` with "***" in place of every form, and of the beginning of a form before a cut mark.
std::string redacted(std::string text, const std::vector<std::string>& forms);

}  // namespace tapster
