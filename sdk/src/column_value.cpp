#include "column_value.hpp"

#include <tapster/json.hpp>
#include <tapster/time.hpp>

namespace tapster {

namespace {

bool utc(std::string_view text, std::string& out) {
  const auto time = parse_time(text);
  if (!time) return false;
  out.push_back('"');
  append_time(out, std::chrono::floor<std::chrono::microseconds>(*time));
  out.push_back('"');
  return true;
}

bool day(std::string_view text, std::string& out) {
  const auto parsed = parse_day(text);
  if (!parsed) return false;
  out.push_back('"');
  append_day(out, *parsed);
  out.push_back('"');
  return true;
}

}  // namespace

bool append_string(const Column& column, std::string_view text, std::string& out) {
  if (column.convert) return column.convert(text, out);
  switch (column.type) {
    case Type::string:
      append_json_string(out, text);
      return true;
    case Type::timestamp:
      return utc(text, out);
    case Type::date:
      return day(text, out);
    case Type::integer:
      return append_json_integer(out, text);
    default:
      return false;
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
