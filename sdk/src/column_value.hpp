// A source's JSON value as a column's.
#pragma once

#include <string>
#include <string_view>
#include <tapster/stream.hpp>

namespace tapster {

// Each appends the value to `out` as JSON. False where it cannot be a value of the column; `out` may then
// hold half of it.
bool append_string(const Column& column, std::string_view text, std::string& out);
// `text` is the number as the source wrote it, and is passed on byte for byte.
bool append_number(const Column& column, std::string_view text, bool is_integer, std::string& out);
// `text` is true or false.
bool append_boolean(const Column& column, std::string_view text, std::string& out);

}  // namespace tapster
