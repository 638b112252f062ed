// JSON documents (config, catalog, state, slices) with Boost.JSON, and functions that append JSON text to a
// string. Records are not made this way: see records.hpp. All functions are pure and usable from any thread.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>

namespace tapster {

namespace json = boost::json;

// Parses one JSON document of at most 64 levels. `what` names it in the error, such as a file's path. Errors:
// config, with line and column.
Result<json::value> parse_json(std::string_view text, std::string_view what);

// As parse_json; the document must be an object.
Result<json::object> parse_json_object(std::string_view text, std::string_view what);

// Returns the member `key` if it exists and is of that type; otherwise null. The object owns the result.
const json::string* find_string(const json::object& object, std::string_view key);
const json::object* find_object(const json::object& object, std::string_view key);
const json::array* find_array(const json::object& object, std::string_view key);
// Returns the value if it is an integer, also in a string: "12". Nothing for anything else.
std::optional<int64_t> integer_of(const json::value& value);
// Returns a copy of the member `key`; empty if it is absent or not a string.
std::string text_of(const json::object& object, std::string_view key);

// Appends `text`, which is UTF-8, as a JSON string in quotes. Control characters are escaped, and so are
// U+0085, U+2028 and U+2029, which some programs treat as line breaks. Other characters are not.
void append_json_string(std::string& out, std::string_view text);

// As append_json_string, without the quotes: for a string that is written in pieces. A piece must not end
// inside a character.
void append_json_escaped(std::string& out, std::string_view text);

// Appends a decimal integer as JSON, without leading zeros: "0012" gives 12, "-0" gives 0. Returns false and
// appends nothing if the text is not an integer.
bool append_json_integer(std::string& out, std::string_view text);

// A view of a Boost.JSON string, which must outlive it.
inline std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

}  // namespace tapster
