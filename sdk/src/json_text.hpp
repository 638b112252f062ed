// Finds strings and values in JSON text, which must be valid, and appends to it.
#pragma once

#include <cstddef>
#include <string>
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

// Calls `visit(name, value)` for each member of the object that starts at `at`, and returns the position
// after the object. The name is in quotes.
template <class Visit>
size_t for_each_member(std::string_view text, size_t at, const Visit& visit) {
  for (++at; text[at] != '}';) {
    if (text[at] == ',') ++at;
    const auto name_end = string_end(text, at);
    const auto end = value_end(text, name_end + 1);
    visit(text.substr(at, name_end - at), text.substr(name_end + 1, end - name_end - 1));
    at = end;
  }
  return at + 1;
}

// Appends a comma, unless what follows is the first of its object or array, or the value of a member.
inline void append_comma(std::string& json) {
  const char last = json.back();
  if (last != '{' && last != '[' && last != ':') json.push_back(',');
}

}  // namespace tapster
