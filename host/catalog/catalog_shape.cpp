#include "catalog/catalog_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catalog/metadata.hpp"

namespace tapster::host {

namespace {

Failed must_be(std::string_view path, std::string_view expected) {
  return config_error(fmt::format("{} must be {}", path, expected));
}

// The member, unless it is absent or null, which means the same in a catalog.
const json::value* member(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<void> check_flag(const json::object& object, std::string_view key, std::string_view path) {
  if (member(object, key) == nullptr || flag_of(object, key)) return {};
  return must_be(fmt::format("{}.{}", path, key), "true or false");
}

Result<void> check_text(const json::object& object, std::string_view key, std::string_view path) {
  const auto* value = member(object, key);
  if (value == nullptr || value->is_string()) return {};
  return must_be(fmt::format("{}.{}", path, key), "a string");
}

bool is_array_of_strings(const json::value& value) {
  const auto* array = value.if_array();
  if (array == nullptr) return false;
  return std::all_of(array->begin(), array->end(),
                     [](const json::value& element) { return element.is_string(); });
}

// Whether there is a number such as 1e999, which no double can hold. Written again it would not be JSON.
bool has_infinity(const json::value& value) {
  if (const auto* number = value.if_double()) return !std::isfinite(*number);
  if (const auto* array = value.if_array()) return std::any_of(array->begin(), array->end(), has_infinity);
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  return std::any_of(object->begin(), object->end(),
                     [](const auto& member) { return has_infinity(member.value()); });
}

// The first error of these checks.
Result<void> all_of(std::initializer_list<Result<void>> checks) {
  for (const auto& check : checks) {
    if (!check) return check;
  }
  return {};
}

Result<void> check_metadata_entry(const json::value& value, const std::string& path) {
  const auto* entry = value.if_object();
  if (entry == nullptr) return must_be(path, "an object");
  const auto* breadcrumb = entry->if_contains("breadcrumb");
  if (breadcrumb == nullptr || !breadcrumb->is_array()) return must_be(path + ".breadcrumb", "an array");
  if (!is_array_of_strings(*breadcrumb)) return must_be(path + ".breadcrumb", "an array of strings");
  const auto* metadata = find_object(*entry, "metadata");
  const auto inside = path + ".metadata";
  if (metadata == nullptr) return must_be(inside, "an object");
  return all_of(
      {check_flag(*metadata, "selected", inside), check_flag(*metadata, "selected-by-default", inside),
       check_text(*metadata, "inclusion", inside), check_text(*metadata, "replication-method", inside),
       check_text(*metadata, "replication-key", inside),
       check_text(*metadata, "forced-replication-method", inside)});
}

// The oldest catalogs have "selected" in the schema.
Result<void> check_schema(const json::object& schema, const std::string& path) {
  auto good = check_flag(schema, "selected", path);
  if (!good) return good;
  if (const auto* items = find_object(schema, "items")) return check_schema(*items, path + ".items");
  const auto* properties = find_object(schema, "properties");
  if (properties == nullptr) return {};
  for (const auto& [key, value] : *properties) {
    const auto* property = value.if_object();
    if (property == nullptr) continue;
    good = check_schema(*property, fmt::format("{}.properties.{}", path, std::string_view(key)));
    if (!good) return good;
  }
  return {};
}

Result<void> check_stream(const json::value& value, const std::string& path) {
  const auto* stream = value.if_object();
  if (stream == nullptr) return must_be(path, "an object");
  // The oldest catalogs have only "stream".
  if (text_of(*stream, "tap_stream_id").empty() && text_of(*stream, "stream").empty())
    return must_be(path + ".tap_stream_id", "a string");
  auto good = all_of({check_flag(*stream, "selected", path), check_text(*stream, "replication_method", path),
                      check_text(*stream, "replication_key", path)});
  if (!good) return good;
  if (const auto* keys = member(*stream, "key_properties"); keys != nullptr && !is_array_of_strings(*keys))
    return must_be(path + ".key_properties", "an array of columns");
  if (const auto* metadata = member(*stream, "metadata")) {
    const auto* entries = metadata->if_array();
    if (entries == nullptr) return must_be(path + ".metadata", "an array");
    for (size_t i = 0; good && i < entries->size(); ++i)
      good = check_metadata_entry((*entries)[i], fmt::format("{}.metadata[{}]", path, i));
    if (!good) return good;
  }
  const auto* schema = find_object(*stream, "schema");
  return schema == nullptr ? Result<void>() : check_schema(*schema, path + ".schema");
}

}  // namespace

Result<void> check_shape(const json::object& catalog) {
  for (const auto& [name, value] : catalog) {
    if (name != "streams" && has_infinity(value)) return must_be(name, "free of numbers above 1.8e308");
  }
  const auto* streams = find_array(catalog, "streams");
  if (streams == nullptr) return must_be("streams", "an array");
  for (size_t i = 0; i < streams->size(); ++i) {
    const auto path = fmt::format("streams[{}]", i);
    auto good = check_stream((*streams)[i], path);
    if (!good) return good;
    if (has_infinity((*streams)[i])) return must_be(path, "free of numbers above 1.8e308");
  }
  return {};
}

}  // namespace tapster::host
