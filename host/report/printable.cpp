#include "report/printable.hpp"

#include <algorithm>
#include <array>

namespace tapster::host {

namespace {

// A character, and how many bytes it has; 0 if the text does not begin with one.
struct Character {
  char32_t code;
  size_t size;
};

Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {0, 0};
  // The second byte's range excludes overlong forms, surrogates and codes past U+10FFFF.
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return {0, 0};
  char32_t code = first & (0x7FU >> size);
  for (size_t i = 1; i < size; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return {0, 0};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  return {code, size};
}

// The C1 controls, the separators of lines and paragraphs, and the general category Cf of Unicode 15, which
// includes all that change the direction of text. https://www.unicode.org/Public/15.0.0/ucd/UnicodeData.txt
bool is_hidden_control(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array<Range, 20> ranges{
      {{0x80, 0x9F},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
       {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},     {0x180E, 0x180E},   {0x200B, 0x200F},
       {0x2028, 0x202E},   {0x2060, 0x206F},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD},
       {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F}}};
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

}  // namespace

std::string without_hidden_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [code, size] = first_character(text);
    if (size == 0) {
      out += "\xEF\xBF\xBD";
    } else if (is_hidden_control(code)) {
      out += ' ';
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

std::string printable(std::string_view text, std::string_view line_break) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string out;
  for (const char c : without_hidden_controls(text)) {
    if (c == '\n') {
      out += line_break;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace tapster::host
