// Reading numbers from text, and integers from other numbers.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <tapster/json.hpp>

namespace tapster {

// Returns a decimal integer such as "123"; nothing for any other text.
inline std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Returns the integer that a number such as 2.0 or 1e2 is; nothing if it has a fraction or more than 64 bits.
inline std::optional<int64_t> whole_number(double value) {
  constexpr double end = 9223372036854775808.0;  // 2^63
  if (!(value >= -end && value < end) || std::trunc(value) != value) return std::nullopt;
  return static_cast<int64_t>(value);
}

// As integer_of, also for a number such as 2.0 or 1e2.
inline std::optional<int64_t> whole_number(const json::value& value) {
  return value.is_double() ? whole_number(value.get_double()) : integer_of(value);
}

// As parse_integer, also for an integer that is written as "1200.0" or "1.2e3".
inline std::optional<int64_t> parse_whole_number(std::string_view text) {
  if (const auto integer = parse_integer(text)) return integer;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return whole_number(value);
}

}  // namespace tapster
