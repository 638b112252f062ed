// Text for people, broken into lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapster::host {

// Breaks `text` at spaces into lines of at most `width` bytes; a longer word is not broken. Every line but
// the first begins with `indent`, which `width` does not include. The last line has no line break.
std::string wrap(std::string_view text, size_t width, std::string_view indent);

}  // namespace tapster::host
