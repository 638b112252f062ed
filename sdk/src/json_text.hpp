// Finds strings and values in JSON text, which must be valid.
#pragma once

#include <cstddef>
#include <string_view>

namespace tapster {

// Returns the position after the string that starts at `at`.
inline size_t string_end(std::string_view text, size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// Returns the position after the value that starts at `at`.
inline size_t value_end(std::string_view text, size_t at) {
  size_t depth = 0;
  do {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
    if (depth == 0 && (c == '}' || c == ']')) return at;
  } while (at < text.size());
  return at;
}

}  // namespace tapster
