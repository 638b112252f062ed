// Converts the JSON values of a source to the type of their column.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tapster/stream.hpp>
#include <tapster/time.hpp>

namespace tapster {

// Parses the time of a timestamp column: see parse_written_time and Column::zone.
std::optional<Time> time_of(const Column& column, std::string_view text);

// Each function appends the value to `out` as JSON. It returns false if the value does not fit the column;
// `out` may then contain a part of it. `text` is the unescaped content of the string.
bool append_string(const Column& column, std::string_view text, std::string& out);
// Appends a time that was parsed already, as append_string does.
void append_timestamp(FineTime time, std::string& out);
// `text` is a value of CSV, which has no types.
bool append_text(const Column& column, std::string_view text, std::string& out);
// `text` is the number as the source wrote it. Its bytes are kept.
bool append_number(const Column& column, std::string_view text, bool is_integer, std::string& out);
// `text` is "true" or "false".
bool append_boolean(const Column& column, std::string_view text, std::string& out);

}  // namespace tapster
