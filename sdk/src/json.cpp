#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <tapster/json.hpp>

#include "numbers.hpp"

namespace tapster {

namespace {

constexpr size_t max_depth = 64;

std::string place(std::string_view text, size_t offset) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto line_start = before.rfind('\n');
  const auto column = line_start == std::string_view::npos ? before.size() + 1 : before.size() - line_start;
  return fmt::format("line {}, column {}", line, column);
}

// How a byte is written inside a JSON string: 0 unchanged; 'u' as \u00XX; '2' or '3' depends on this many
// bytes; any other character c as \c.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  table[0x7F] = 'u';
  table[0xC2] = '2';
  table[0xE2] = '3';
  return table;
}
constexpr auto escapes = make_escapes();

// Sixteen bytes, compared at once. A comparison gives 0xFF for each byte that fulfills it.
using Bytes [[gnu::vector_size(16)]] = uint8_t;

// Whether one of the bytes may need an escape: whether the table above has no 0 for it.
bool has_escapes(Bytes bytes) {
  const auto found =
      (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7F) | (bytes == 0xC2) | (bytes == 0xE2);
  std::array<uint64_t, 2> words{};
  std::memcpy(words.data(), &found, sizeof found);
  return (words[0] | words[1]) != 0;
}

// Returns the number of bytes from `text` on that need no escape, in groups of sixteen.
size_t clean_prefix(const char* text, const char* end) {
  const char* at = text;
  for (Bytes bytes; static_cast<size_t>(end - at) >= sizeof bytes; at += sizeof bytes) {
    std::memcpy(&bytes, at, sizeof bytes);
    if (has_escapes(bytes)) break;
  }
  return static_cast<size_t>(at - text);
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view what) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::parser parser({}, options);
  json::error_code error;
  const size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error) {
    const auto rest = text.substr(used).find_first_not_of(" \t\r\n");
    if (rest == std::string_view::npos) return parser.release();
    return config_error(
        fmt::format("{} is not JSON: unexpected text after the end at {}", what, place(text, used + rest)));
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return config_error(fmt::format("{} is not JSON: it is empty", what));
  }
  const auto why = error == json::error::incomplete ? "it ends too early" : error.message();
  return config_error(fmt::format("{} is not JSON: {} at {}", what, why, place(text, used)));
}

Result<json::object> parse_json_object(std::string_view text, std::string_view what) {
  auto value = parse_json(text, what);
  if (!value) return Failed(std::move(value).error());
  if (auto* object = value->if_object()) return std::move(*object);
  return config_error(fmt::format("{} must be a JSON object, not {}", what, json::to_string(value->kind())));
}

const json::string* find_string(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value ? value->if_string() : nullptr;
}

const json::object* find_object(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value ? value->if_object() : nullptr;
}

const json::array* find_array(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value ? value->if_array() : nullptr;
}

std::optional<int64_t> integer_of(const json::value& value) {
  if (const auto* text = value.if_string()) return parse_integer(view(*text));
  return value.is_int64() ? std::optional(value.get_int64()) : std::nullopt;
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* text = find_string(object, key);
  return text == nullptr ? std::string() : std::string(view(*text));
}

void append_json_escaped(std::string& out, std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* clean = text.data();  // the bytes from here to `c` need no escape
  for (const char* c = clean + clean_prefix(clean, end); c != end; ++c) {
    const auto byte = static_cast<unsigned char>(*c);
    const char escape = escapes[byte];
    if (escape == 0) [[likely]]
      continue;
    if (escape == '2') {
      if (end - c < 2 || c[1] != '\x85') continue;
      out.append(clean, c);
      out.append("\\u0085");
      ++c;
    } else if (escape == '3') {
      const auto third = end - c < 3 ? 0U : static_cast<unsigned char>(c[2]);
      if (third == 0 || c[1] != '\x80' || (third != 0xA8 && third != 0xA9)) continue;
      out.append(clean, c);
      out.append(third == 0xA8 ? "\\u2028" : "\\u2029");
      c += 2;
    } else {
      out.append(clean, c);
      out.push_back('\\');
      out.push_back(escape);
      if (escape == 'u') {
        constexpr std::string_view digits = "0123456789abcdef";
        out.append("00");
        out.push_back(digits[byte >> 4U]);
        out.push_back(digits[byte & 15U]);
      }
    }
    clean = c + 1;
  }
  out.append(clean, end);
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_json_escaped(out, text);
  out.push_back('"');
}

bool append_json_integer(std::string& out, std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  const auto first = text.find_first_not_of('0');
  if (first == std::string_view::npos) return out.push_back('0'), true;
  if (is_negative) out.push_back('-');
  out.append(text.substr(first));
  return true;
}

}  // namespace tapster
