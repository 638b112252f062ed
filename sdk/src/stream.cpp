#include <algorithm>
#include <tapster/stream.hpp>

#include "schema_type.hpp"

namespace tapster {

namespace {

json::object column_schema(const Column& column, bool automatic) {
  const auto [type, format] = schema_type(column.type);
  json::object schema;
  if (automatic || column.missing != "null") {
    schema["type"] = json::array{json::string(type)};
  } else {
    schema["type"] = json::array{"null", json::string(type)};
  }
  if (!format.empty()) schema["format"] = format;
  if (!column.inside.empty()) {
    const json::value inside = json::parse("{" + std::string(column.inside) + "}");
    for (const auto& [key, value] : inside.as_object()) schema[key] = value;
  }
  schema["description"] = column.description;
  return schema;
}

json::object breadcrumb(json::array path, json::object metadata) {
  return {{"breadcrumb", std::move(path)}, {"metadata", std::move(metadata)}};
}

json::array to_array(const Names& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

// Adds metadata for the members inside a column, so that they can be selected too: the properties of an
// object, and of the objects in an array.
void append_inside(json::array& metadata, const json::array& path, const json::object& schema) {
  if (const auto* items = find_object(schema, "items")) {
    auto below = path;
    below.emplace_back("items");
    append_inside(metadata, below, *items);
  }
  const auto* properties = find_object(schema, "properties");
  if (!properties) return;
  for (const auto& [name, property] : *properties) {
    auto below = path;
    below.emplace_back("properties");
    below.emplace_back(name);
    metadata.push_back(breadcrumb(below, {{"inclusion", "available"}, {"selected-by-default", true}}));
    if (const auto* object = property.if_object()) append_inside(metadata, below, *object);
  }
}

json::object catalog_entry(const Stream& stream) {
  const bool is_incremental = !stream.replication_key.empty();
  json::object properties;
  json::object root{{"inclusion", "available"},
                    {"selected-by-default", stream.selected_by_default},
                    {"table-key-properties", to_array(stream.key)}};
  if (stream.columns_vary) root["columns-vary"] = true;
  // An incremental stream may also be read in full. Without a replication key a stream is always read in
  // full.
  if (is_incremental)
    root["valid-replication-keys"] = json::array{stream.replication_key};
  else
    root["forced-replication-method"] = "FULL_TABLE";
  json::array metadata{breadcrumb({}, std::move(root))};
  for (const auto& column : stream.columns) {
    const bool automatic = is_automatic(stream, column);
    properties[column.name] = column_schema(column, automatic);
    metadata.push_back(
        breadcrumb({"properties", column.name}, {{"inclusion", automatic ? "automatic" : "available"},
                                                 {"selected-by-default", column.selected_by_default}}));
    append_inside(metadata, {"properties", column.name}, properties[column.name].as_object());
  }
  json::object entry{{"tap_stream_id", stream.name},
                     {"stream", stream.name},
                     {"schema",
                      {{"type", json::array{"object"}},
                       {"description", stream.description},
                       {"properties", std::move(properties)}}},
                     {"key_properties", to_array(stream.key)},
                     {"replication_method", is_incremental ? "INCREMENTAL" : "FULL_TABLE"}};
  if (is_incremental) entry["replication_key"] = stream.replication_key;
  entry["metadata"] = std::move(metadata);
  return entry;
}

}  // namespace

const Column* find_column(const Stream& stream, std::string_view name) {
  const auto found = std::find_if(stream.columns.begin(), stream.columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == stream.columns.end() ? nullptr : &*found;
}

bool is_automatic(const Stream& stream, const Column& column) {
  return column.name == stream.replication_key ||
         std::find(stream.key.begin(), stream.key.end(), column.name) != stream.key.end();
}

json::object catalog(const std::vector<const Stream*>& streams) {
  json::array entries;
  for (const auto* stream : streams) entries.push_back(catalog_entry(*stream));
  return {{"streams", std::move(entries)}};
}

}  // namespace tapster
