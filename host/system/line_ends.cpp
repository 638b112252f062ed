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

bool has_line_separator(std::string_view lines) {
  for (auto at = lines.find('\xE2'); at != std::string_view::npos; at = lines.find('\xE2', at + 1)) {
    const auto rest = lines.substr(at + 1, 2);
    if (rest == "\x80\xA8" || rest == "\x80\xA9") return true;
  }
  return false;
}

}  // namespace tapster::host
