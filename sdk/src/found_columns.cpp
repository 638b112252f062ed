#include "found_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>
#include <vector>

#include "schema_type.hpp"

namespace tapster {

namespace {

constexpr std::string_view columns_member = "tapster_columns";

std::string_view column_type(Type type) {
  if (type == Type::timestamp) return "timestamp";
  if (type == Type::date) return "date";
  return schema_type(type).type;
}

}  // namespace

json::object take_columns(json::object& state) {
  json::object columns;
  if (const auto* found = find_object(state, columns_member)) columns = *found;
  state.erase(columns_member);
  return columns;
}

void put_columns(json::object& state, const Stream& stream) {
  if (!stream.columns_vary) return;
  json::object columns;
  for (const auto& column : stream.columns) columns[column.name] = column_type(column.type);
  state[columns_member] = std::move(columns);
}

std::string column_changes(const json::object& before, const Stream& stream) {
  if (before.empty()) return {};
  std::vector<std::string> changes;
  for (const auto& column : stream.columns) {
    const auto old = text_of(before, column.name);
    if (!before.contains(column.name))
      changes.push_back(fmt::format("\"{}\" has appeared ({})", column.name, column_type(column.type)));
    else if (old != column_type(column.type))
      changes.push_back(fmt::format("\"{}\" was {} and is {}", column.name, old, column_type(column.type)));
  }
  for (const auto& [name, type] : before) {
    if (find_column(stream, name) == nullptr)
      changes.push_back(fmt::format("\"{}\" has vanished", std::string_view(name)));
  }
  if (changes.empty()) return {};
  return fmt::format("{}: its columns have changed since the last run: {}", stream.name,
                     fmt::join(changes, ", "));
}

}  // namespace tapster
