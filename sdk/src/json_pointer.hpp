// JSON Pointers, RFC 6901: https://www.rfc-editor.org/rfc/rfc6901
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace tapster {

// Removes the first reference token from a JSON Pointer and returns it unescaped: "geo" from "/geo/city".
inline std::string take_token(std::string_view& pointer) {
  pointer.remove_prefix(std::min<size_t>(1, pointer.size()));
  std::string token;
  size_t i = 0;
  for (; i < pointer.size() && pointer[i] != '/'; ++i) {
    if (pointer[i] == '~' && i + 1 < pointer.size()) {
      token.push_back(pointer[++i] == '1' ? '/' : '~');
    } else {
      token.push_back(pointer[i]);
    }
  }
  pointer.remove_prefix(i);
  return token;
}

// The JSON Pointer to a member of an object.
inline std::string pointer_to(std::string_view name) {
  std::string pointer = "/";
  for (const char c : name) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer.push_back(c);
  }
  return pointer;
}

}  // namespace tapster
