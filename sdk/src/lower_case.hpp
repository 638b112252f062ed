// ASCII letters in lower case, whatever the locale is.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace tapster {

constexpr char in_lower_case(char c) {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

inline std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return in_lower_case(c); });
  return lower;
}

}  // namespace tapster
