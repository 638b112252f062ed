#include "declaration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tapster/zone.hpp>

namespace tapster {

namespace {

using Seen = std::set<std::string_view>;

// Check the member `what` of a declaration: a JSON text, or JSON Schema keywords.
Result<void> check_value(std::string_view what, std::string_view text) {
  const auto value = parse_json(text, fmt::format("{} `{}`", what, text));
  return value ? Result<void>() : internal_error(value.error().message);
}
Result<void> check_keywords(std::string_view what, std::string_view text) {
  const auto object =
      parse_json_object("{" + std::string(text) + "}", fmt::format("{} `{{{}}}`", what, text));
  return object ? Result<void>() : internal_error(object.error().message);
}

Result<void> check_name(Seen& names, std::string_view name) {
  if (name.empty()) return internal_error("the name is empty");
  if (!names.insert(name).second) return internal_error("declared twice");
  return {};
}

Result<void> check_setting(Seen& names, const Setting& setting) {
  auto checked = check_name(names, setting.name);
  if (checked && !setting.default_value.empty())
    checked = check_value("default_value", setting.default_value);
  if (checked && !setting.rules.empty()) checked = check_keywords("rules", setting.rules);
  return checked;
}

bool is_nested(const Column& column) {
  return column.type == Type::object || column.type == Type::array;
}

// Whether the record parser can fill both columns from one record.
Result<void> check_paths(const Column& column, const Column& other) {
  if (column.path.empty() || other.path.empty()) return {};
  if (other.path.starts_with(std::string(column.path) + "/"))
    return internal_error(fmt::format("its path {} contains column {}, at {}; drop one of the two columns",
                                      column.path, other.name, other.path));
  if (column.path == other.path && (is_nested(column) || is_nested(other)))
    return internal_error(fmt::format("its path {} is also column {}'s; only scalar columns can share a path",
                                      column.path, other.name));
  return {};
}

// A path is a JSON Pointer, or one of those that take more than one member.
Result<void> check_path(const Column& column) {
  if (column.path == whole_record || column.path == other_members) {
    if (column.type == Type::object) return {};
    return internal_error(fmt::format("the path \"{}\" is only for a column of type object", column.path));
  }
  if (!column.path.empty() && !column.path.starts_with('/'))
    return internal_error(fmt::format("the path \"{}\" does not begin with a slash", column.path));
  return {};
}

Result<void> check_zone(const Column& column) {
  if (column.zone.empty()) return {};
  if (column.type != Type::timestamp) return internal_error("only a timestamp can have a zone");
  const auto zone = Zone::find(column.zone);
  return zone ? Result<void>() : Failed(zone.error());
}

Result<void> check_column(Seen& names, const Stream& stream, const Column& column) {
  auto checked = check_name(names, column.name);
  if (checked) checked = check_path(column);
  if (!checked) return checked;
  for (const auto& other : stream.columns) {
    if (&other == &column) continue;
    checked = check_paths(column, other);
    if (!checked) return checked;
  }
  checked = check_value("missing", column.missing);
  if (checked) checked = check_zone(column);
  if (checked && !column.inside.empty()) checked = check_keywords("inside", column.inside);
  return checked;
}

Result<void> check_stream(Seen& names, const Stream& stream) {
  auto checked = check_name(names, stream.name);
  if (!checked) return checked;
  Seen columns;
  for (const auto& column : stream.columns) {
    checked = check_column(columns, stream, column);
    if (!checked) return with_context(fmt::format("column {}", column.name), checked.error());
  }
  Seen key;
  for (const auto& name : stream.key) {
    if (!columns.contains(name)) return internal_error(fmt::format("the key \"{}\" is not a column", name));
    if (!key.insert(name).second) return internal_error(fmt::format("the key lists {} twice", name));
  }
  for (const auto& path : stream.ignored) {
    if (!path.starts_with('/'))
      return internal_error(fmt::format("the ignored path \"{}\" does not begin with a slash", path));
  }
  if (!stream.replication_key.empty() && !columns.contains(stream.replication_key))
    return internal_error(fmt::format("the replication key \"{}\" is not a column", stream.replication_key));
  return {};
}

}  // namespace

Result<void> check_settings(const Connector& connector) {
  Seen names;
  for (const auto& setting : connector.settings) {
    const auto checked = check_setting(names, setting);
    if (!checked) return with_context(fmt::format("setting {}", setting.name), checked.error());
  }
  return {};
}

Result<void> check_streams(const std::vector<const Stream*>& streams) {
  Seen names;
  for (const auto* stream : streams) {
    const auto checked = check_stream(names, *stream);
    if (!checked) return with_context(fmt::format("stream {}", stream->name), checked.error());
  }
  return {};
}

Result<void> check_column_name(const Stream& stream, std::string_view column) {
  if (find_column(stream, column)) return {};
  return internal_error(
      fmt::format("{} has no column \"{}\", which the connector gave a value", stream.name, column));
}

}  // namespace tapster
