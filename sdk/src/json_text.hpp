// Walks compact JSON text that this layer has written itself, and so is known to be whole.
#pragma once

#include <cstddef>
#include <string_view>

namespace tapster {

// The place after the string that begins at `at`.
inline size_t string_end(std::string_view text, size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// The place after the value that begins at `at`.
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
