#include "report/wrap.hpp"

#include <algorithm>

namespace tapster::host {

std::string wrap(std::string_view text, size_t width, std::string_view indent) {
  std::string out;
  size_t used = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (used > 0 && used + 1 + end > width) {
      out.append("\n").append(indent);
      used = 0;
    }
    if (used > 0) out += ' ';
    out += text.substr(0, end);
    used += (used > 0 ? 1 : 0) + end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace tapster::host
