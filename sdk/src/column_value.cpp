#include "column_value.hpp"

#include <tapster/converters.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <tapster/zone.hpp>

#include "quoted_time.hpp"

namespace tapster {

namespace {

// Years that RFC 3339 can write.
bool has_four_digits(Time time) {
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  return year >= std::chrono::year(1) && year <= std::chrono::year(9999);
}

bool utc(const Column& column, std::string_view text, std::string& out) {
  // Nearly all texts.
  if (const auto time = parse_time(text)) return append_timestamp(*time, out), true;
  const auto time = time_of(column, text);
  if (!time || !has_four_digits(*time)) return false;
  append_quoted(*time, out);
  return true;
}

bool day(std::string_view text, std::string& out) {
  const auto parsed = parse_day(text);
  if (!parsed) return false;
  append_quoted(*parsed, out);
  return true;
}

}  // namespace

std::optional<Time> time_of(const Column& column, std::string_view text) {
  const auto written = parse_written_time(text);
  if (!written) return std::nullopt;
  if (written->offset) return Time((written->local - *written->offset).time_since_epoch());
  if (column.zone.empty()) return std::nullopt;
  const auto zone = Zone::find(column.zone);  // exists: see check_streams
  if (!zone) return std::nullopt;
  return zone->to_time(written->local).earliest;
}

bool append_string(const Column& column, std::string_view text, std::string& out) {
  if (column.convert) return column.convert(text, out);
  switch (column.type) {
    case Type::string:
      append_json_string(out, text);
      return true;
    case Type::timestamp:
      return utc(column, text, out);
    case Type::date:
      return day(text, out);
    case Type::integer:
      return append_json_integer(out, text);
    default:
      return false;
  }
}

void append_timestamp(FineTime time, std::string& out) {
  append_quoted(std::chrono::floor<std::chrono::microseconds>(time), out);
}

bool append_text(const Column& column, std::string_view text, std::string& out) {
  if (column.convert) return column.convert(text, out);
  switch (column.type) {
    case Type::integer:
      return integer_in_text(text, out);
    case Type::number:
      return number_in_text(text, out);
    case Type::boolean:
      return boolean_in_text(text, out);
    default:
      return append_string(column, text, out);
  }
}

bool append_number(const Column& column, std::string_view text, bool is_integer, std::string& out) {
  if (column.convert) return column.convert(text, out);
  if (column.type == Type::string)
    append_json_string(out, text);
  else
    out.append(text);
  return column.type == Type::number || column.type == Type::string ||
         (column.type == Type::integer && is_integer);
}

bool append_boolean(const Column& column, std::string_view text, std::string& out) {
  if (column.convert) return column.convert(text, out);
  out.append(text);
  return column.type == Type::boolean;
}

}  // namespace tapster
