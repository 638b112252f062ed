#include "system/line_ends.hpp"

#include <array>
#include <utility>

namespace tapster::host {

void escape_line_ends(std::string& json) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> ends{
      {{"\xC2\x85", "\\u0085"}, {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}}};
  for (const auto& [raw, escaped] : ends) {
    for (auto at = json.find(raw); at != std::string::npos; at = json.find(raw, at + escaped.size()))
      json.replace(at, raw.size(), escaped);
  }
}

namespace {

constexpr std::string_view nul = "\\u0000";

// The place of the next escape of U+0000 from `at` on. A backslash always begins an escape of two characters
// or more, so an escaped backslash is passed over with what it escapes.
size_t find_nul(std::string_view json, size_t at) {
  for (at = json.find('\\', at); at != std::string_view::npos; at = json.find('\\', at + 2)) {
    if (json.compare(at, nul.size(), nul) == 0) return at;
  }
  return at;
}

}  // namespace

size_t remove_nul(std::string& json) {
  size_t removed = 0;
  for (auto at = find_nul(json, 0); at != std::string::npos; at = find_nul(json, at), ++removed)
    json.erase(at, nul.size());
  return removed;
}

bool has_nul(std::string_view json) {
  return find_nul(json, 0) != std::string_view::npos;
}

bool has_line_separator(std::string_view lines) {
  for (auto at = lines.find('\xE2'); at != std::string_view::npos; at = lines.find('\xE2', at + 1)) {
    const auto rest = lines.substr(at + 1, 2);
    if (rest == "\x80\xA8" || rest == "\x80\xA9") return true;
  }
  return false;
}

}  // namespace tapster::host
