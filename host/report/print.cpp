#include "report/print.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cwchar>
#include <iterator>
#include <system_error>

namespace tapster::host {

namespace {

bool is_plain(const json::value& value) {
  return !value.is_object() && !value.is_array();
}

void append_pretty(std::string& out, const json::value& value, size_t level) {
  const auto line = [&](size_t indent) { out += "\n" + std::string(2 * indent, ' '); };
  const auto* object = value.if_object();
  const auto* array = value.if_array();
  if (object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!std::exchange(first, false)) out += ',';
      line(level + 1);
      append_json_string(out, key);
      out += ": ";
      append_pretty(out, member, level + 1);
    }
    line(level);
    out += '}';
  } else if (array != nullptr && std::all_of(array->begin(), array->end(), is_plain)) {
    out += '[';
    bool first = true;
    for (const auto& element : *array) {
      if (!std::exchange(first, false)) out += ", ";
      out += json::serialize(element);
    }
    out += ']';
  } else if (array != nullptr) {
    out += '[';
    bool first = true;
    for (const auto& element : *array) {
      if (!std::exchange(first, false)) out += ',';
      line(level + 1);
      append_pretty(out, element, level + 1);
    }
    line(level);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

Outcome<void> print(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return fail(Exit::output, fmt::format("standard output cannot be written: {}",
                                            std::generic_category().message(errno)));
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

std::string pretty(const json::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  out += '\n';
  return out;
}

namespace {

// The first character of `text`, and the columns it takes. What is no character counts as one of one column.
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

bool wants_colour(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  return ::isatty(descriptor) == 1 && (no_color == nullptr || *no_color == '\0');
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - display_width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace tapster::host
