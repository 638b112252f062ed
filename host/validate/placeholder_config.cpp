#include "validate/placeholder_config.hpp"

#include <fmt/format.h>

#include "catalog/json_schema.hpp"
#include "catalog/spec.hpp"

namespace tapster::host {

namespace {

std::string placeholder_text(std::string_view name, const json::object& schema) {
  const auto format = text_of(schema, "format");
  if (format == "date") return "2024-01-01";
  if (format == "date-time") return "2024-01-01T00:00:00Z";
  if (format == "uri") return "http://127.0.0.1:9";
  return fmt::format("placeholder-of-{}", name);
}

json::value placeholder_value(std::string_view name, const json::object& schema) {
  if (const auto* constant = schema.if_contains("const")) return *constant;
  if (const auto* value = schema.if_contains("default")) return *value;
  for (const auto* list : {find_array(schema, "examples"), find_array(schema, "enum")}) {
    if (list != nullptr && !list->empty()) return list->front();
  }
  auto type = text_of(schema, "type");
  if (const auto* types = find_array(schema, "type"); types != nullptr && !types->empty())
    type = types->front().is_string() ? std::string(view(types->front().get_string())) : "";
  for (const auto* keyword : {"anyOf", "oneOf"}) {
    const auto* choices = find_array(schema, keyword);
    if (choices == nullptr || choices->empty() || !choices->front().is_object()) continue;
    auto first = choices->front().get_object();
    if (!type.empty() && !first.contains("type")) first["type"] = json::string(type);
    return placeholder_value(name, first);
  }
  if (type == "integer" || type == "number") {
    const auto* least = schema.if_contains("minimum");
    return least != nullptr ? *least : json::value(1);
  }
  if (type == "boolean") return false;
  if (type == "array") {
    const auto* items = find_object(schema, "items");
    return items == nullptr ? json::array() : json::array{placeholder_value(name, *items)};
  }
  if (type == "object") return json::object();
  return json::string(placeholder_text(name, schema));
}

}  // namespace

std::optional<json::object> placeholder_config(const json::object& spec) {
  json::object config;
  const auto* properties = find_object(spec, "properties");
  if (properties == nullptr) return std::nullopt;
  for (const auto& [name, property] : *properties) {
    const auto* schema = property.if_object();
    if (schema == nullptr) continue;
    if (is_required(spec, name) || (is_secret(*schema) && text_of(*schema, "type") == "string"))
      config[name] = placeholder_value(name, *schema);
  }
  const auto errors = schema_errors(config, spec);
  if (!errors || !errors->empty()) return std::nullopt;
  return config;
}

std::vector<SecretSetting> secrets_of(const json::object& config, const json::object& spec) {
  std::vector<SecretSetting> secrets;
  const auto add = [&](std::string_view name, const json::value& value) {
    if (value.is_string() && value.get_string().size() >= 4)
      secrets.push_back({std::string(name), std::string(view(value.get_string()))});
  };
  const auto* properties = find_object(spec, "properties");
  if (properties == nullptr) return secrets;
  for (const auto& [name, value] : config) {
    const auto* schema = find_object(*properties, name);
    if (schema == nullptr || !is_secret(*schema)) continue;
    add(name, value);
    if (!value.is_array()) continue;
    for (const auto& item : value.get_array()) add(name, item);
  }
  return secrets;
}

}  // namespace tapster::host
