// JSON as documents (config, catalog, state, slices) on Boost.JSON, and JSON text that is written straight
// into a string. Records do not come this way: see records.hpp.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <tapster/error.hpp>

namespace tapster {

namespace json = boost::json;

// Parses one JSON document of at most 64 levels. `what` names it in the error, such as a file's path; the
// error is of class config and says line and column.
Result<json::value> parse_json(std::string_view text, std::string_view what);

// As parse_json, and the document has to be an object.
Result<json::object> parse_json_object(std::string_view text, std::string_view what);

// The member `key` if it is there and a string, number or object of that kind; otherwise null.
const json::string* find_string(const json::object& object, std::string_view key);
const json::object* find_object(const json::object& object, std::string_view key);
const json::array* find_array(const json::object& object, std::string_view key);
// A copy of the member's text; empty if it is absent or not a string.
std::string text_of(const json::object& object, std::string_view key);

// Appends `text` (UTF-8) as a JSON string in quotes. Control characters and U+0085, U+2028 and U+2029, which
// some readers take for line ends, are escaped; all other characters stay as they are.
void append_json_string(std::string& out, std::string_view text);

// As append_json_string without the quotes, so that a string can be written in pieces that end at whole
// characters.
void append_json_escaped(std::string& out, std::string_view text);

// Appends the integer that a text of digits means as JSON has it, without leading zeros: 12 for "0012", 0 for
// "-0". False, and nothing appended, where the text is no integer.
bool append_json_integer(std::string& out, std::string_view text);

// A view of Boost.JSON's string as a standard one.
inline std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

}  // namespace tapster
