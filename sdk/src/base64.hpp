// Base64: https://www.rfc-editor.org/rfc/rfc4648#section-4
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tapster {

inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string base64(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= group.size() ? base64_digits[bits >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

}  // namespace tapster
