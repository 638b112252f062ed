// Percent-encoding of values in URLs and forms: https://www.rfc-editor.org/rfc/rfc3986#section-2
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

namespace tapster {

// Unreserved characters, and the colon, which RFC 3986 allows in segments and queries and which keeps times
// readable.
inline constexpr std::string_view plain_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:";

inline void encode(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (plain_characters.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

// Returns the body of a form. A field has the members `name` and `value`.
template <class Fields>
std::string encode_form(const Fields& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body.push_back('&');
    encode(name, body);
    body.push_back('=');
    encode(value, body);
  }
  return body;
}

}  // namespace tapster
