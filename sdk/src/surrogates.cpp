#include "surrogates.hpp"

#include <string_view>

namespace tapster {

size_t mend_surrogates(std::string& body) {
  const auto unit_at = [&](size_t at) -> unsigned {
    if (at + 6 > body.size() || body[at] != '\\' || body[at + 1] != 'u') return 0;
    unsigned value = 0;
    for (const char c : std::string_view(body).substr(at + 2, 4)) {
      const auto digit =
          std::string_view("0123456789abcdef").find(static_cast<char>(c | (c > '9' ? 0x20 : 0)));
      if (digit == std::string_view::npos) return 0;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    return value;
  };
  size_t mended = 0;
  for (size_t at = body.find('\\'); at != std::string::npos; at = body.find('\\', at)) {
    const auto unit = unit_at(at);
    if (unit < 0xD800 || unit > 0xDFFF) {
      at += 2;  // also skips the escaped character, which may be a backslash
      continue;
    }
    const auto next = unit_at(at + 6);
    if (unit < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) {
      at += 12;
      continue;
    }
    body.replace(at, 6, "\\uFFFD");
    ++mended;
    at += 6;
  }
  return mended;
}

}  // namespace tapster
