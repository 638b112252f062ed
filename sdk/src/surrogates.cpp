#include "surrogates.hpp"

#include <string_view>
#include <utility>

namespace tapster {

namespace {

// The end of the part of the text that can be repaired without the text that follows.
size_t complete_part(std::string_view text) {
  constexpr size_t escape = 6;  // \uD83D
  for (size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    if (at + 1 == text.size()) return at;
    if (text[at + 1] != 'u') {
      at += 2;
      continue;
    }
    if (at + escape > text.size()) return at;
    const bool is_first_half = (text[at + 2] == 'd' || text[at + 2] == 'D') &&
                               std::string_view("89abAB").find(text[at + 3]) != std::string_view::npos;
    if (is_first_half && at + 2 * escape > text.size()) return at;
    at += escape;
  }
  return text.size();
}

}  // namespace

size_t repair_surrogates(std::string& body) {
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
  size_t repaired = 0;
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
    ++repaired;
    at += 6;
  }
  return repaired;
}

std::string_view SurrogateRepair::repair(std::string_view piece) {
  if (kept_.empty() && piece.find('\\') == std::string_view::npos) return piece;
  text_ = std::exchange(kept_, {});
  text_ += piece;
  const auto end = complete_part(text_);
  kept_ = text_.substr(end);
  text_.resize(end);
  repair_surrogates(text_);
  return text_;
}

std::string_view SurrogateRepair::rest() {
  text_ = std::exchange(kept_, {});
  repair_surrogates(text_);
  return text_;
}

}  // namespace tapster
