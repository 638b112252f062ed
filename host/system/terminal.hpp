// What a terminal can show, and how much room text takes on it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapster::host {

// Columns of the terminal behind an open file; 80 if it does not say, or is not a terminal.
size_t terminal_width(int descriptor);

// Lines of the terminal behind an open file; 24 if it does not say, or is not a terminal.
size_t terminal_height(int descriptor);

// Whether an open file is a terminal on which lines can be replaced: TERM is set, and not to "dumb".
bool can_redraw(int descriptor);

// Whether an open file is a terminal that wants colours: https://no-color.org
bool wants_colour(int descriptor);

// The columns that UTF-8 text takes. Needs LC_CTYPE to be a UTF-8 locale, as main() sets it.
size_t display_width(std::string_view text);

// As much of the text as fits into `width` columns, with an ellipsis if something was cut off.
std::string cut(std::string_view text, size_t width);

}  // namespace tapster::host
