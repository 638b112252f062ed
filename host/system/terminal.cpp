#include "system/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cwchar>

namespace tapster::host {

namespace {

// Zeros if it does not say.
winsize size_of(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size : winsize{};
}

}  // namespace

size_t terminal_width(int descriptor) {
  const auto columns = size_of(descriptor).ws_col;
  return columns > 0 ? columns : 80;
}

size_t terminal_height(int descriptor) {
  const auto rows = size_of(descriptor).ws_row;
  return rows > 0 ? rows : 24;
}

bool can_redraw(int descriptor) {
  const char* term = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool wants_colour(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  return can_redraw(descriptor) && (no_color == nullptr || *no_color == '\0');
}

namespace {

// The first character of `text`, and the columns it takes. An invalid byte counts as a character of one
// column.
struct Glyph {
  size_t bytes, width;
};
Glyph first_glyph(std::string_view text) {
  std::mbstate_t state{};
  wchar_t character = 0;
  const auto bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, 1};
  return {bytes, static_cast<size_t>(std::max(0, ::wcwidth(character)))};
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto glyph = first_glyph(text);
    width += glyph.width;
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

std::string cut(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string kept;
  for (size_t used = 0;;) {
    const auto glyph = first_glyph(text);
    used += glyph.width;
    if (used + 1 > width) return kept + "…";
    kept += text.substr(0, glyph.bytes);
    text.remove_prefix(glyph.bytes);
  }
}

}  // namespace tapster::host
