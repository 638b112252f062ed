#include "config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "file.hpp"
#include "schema_check.hpp"
#include "suggestion.hpp"

namespace tapster::host {

namespace {

constexpr size_t longest_config = 1UL << 20U;

// The name in "${NAME}"; empty for other strings.
std::string variable_in(std::string_view text) {
  if (!text.starts_with("${") || !text.ends_with('}')) return {};
  text.remove_prefix(2);
  text.remove_suffix(1);
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return std::all_of(text.begin(), text.end(), is_part) ? std::string(text) : std::string();
}

// The variable's value; where the setting is not a string it is read as JSON, so that "${COUNT}" can be an
// integer.
json::value to_setting(std::string_view text, const json::object* schema) {
  const auto* type = schema == nullptr ? nullptr : find_string(*schema, "type");
  if (type != nullptr && *type != "string") {
    if (auto value = parse_json(text, "")) return *std::move(value);
  }
  return json::string(text);
}

Outcome<void> expand(json::value& value, std::string_view key, const json::object* schema) {
  if (auto* object = value.if_object()) {
    for (auto& [name, inner] : *object) {
      if (auto done = expand(inner, name, nullptr); !done) return done;
    }
  } else if (auto* array = value.if_array()) {
    for (auto& inner : *array) {
      if (auto done = expand(inner, key, nullptr); !done) return done;
    }
  } else if (const auto* text = value.if_string()) {
    const auto name = variable_in(view(*text));
    if (name.empty()) return {};
    const char* found = std::getenv(name.c_str());
    if (found == nullptr) {
      return fail(Exit::usage,
                  fmt::format("\"{}\" asks for the environment variable {}, which is not set", key, name));
    }
    value = to_setting(found, schema);
  }
  return {};
}

void hide(const json::value& value, Log& log) {
  if (const auto* text = value.if_string()) log.hide(std::string(view(*text)));
  if (value.is_number()) log.hide(json::serialize(value));
  if (const auto* array = value.if_array()) {
    for (const auto& inner : *array) hide(inner, log);
  }
  if (const auto* object = value.if_object()) {
    for (const auto& [key, inner] : *object) hide(inner, log);
  }
}

void hide_secrets(const json::object& config, const json::object& schema, Log& log) {
  const auto* properties = find_object(schema, "properties");
  if (properties == nullptr) return;
  for (const auto& [key, value] : config) {
    const auto* property = find_object(*properties, key);
    if (property == nullptr) continue;
    const auto* secret = property->if_contains("secret");
    if (secret != nullptr && *secret == true) hide(value, log);
    if (const auto* inner = value.if_object()) hide_secrets(*inner, *property, log);
  }
}

void warn_of_unknown_keys(const std::string& file, const json::object& config, const json::object& properties,
                          Log& log) {
  std::vector<std::string> known;
  for (const auto& [key, schema] : properties) known.emplace_back(key);
  for (const auto& [key, value] : config) {
    if (properties.contains(key)) continue;
    log.warning(fmt::format("{}: the connector has no setting \"{}\"{}", file, std::string_view(key),
                            did_you_mean(key, known)));
  }
}

}  // namespace

Outcome<json::object> read_config(const std::filesystem::path& file, const json::object& spec, Log& log) {
  auto text = read_file(file, longest_config);
  if (!text) return fail(text.error().exit, std::move(text).error().message);
  auto config = parse_json_object(*text, file.string());
  if (!config) return fail(Exit::usage, std::move(config).error().message);

  const json::object none;
  const auto* found = find_object(spec, "properties");
  const auto& properties = found == nullptr ? none : *found;
  for (auto& [key, value] : *config) {
    auto done = expand(value, key, find_object(properties, key));
    if (!done) return fail(Exit::usage, fmt::format("{}: {}", file.string(), done.error().message));
  }
  hide_secrets(*config, spec, log);
  warn_of_unknown_keys(file.string(), *config, properties, log);

  auto schema = spec;
  schema.erase("additionalProperties");  // an unknown key has been warned of, and may stay
  const auto errors = schema_errors(*config, schema);
  if (!errors) return fail(Exit::failed, fmt::format("the connector's spec: {}", errors.error().message));
  if (errors->empty()) return *std::move(config);
  if (errors->size() == 1) return fail(Exit::usage, fmt::format("{}: {}", file.string(), errors->front()));
  auto message = fmt::format("{}:", file.string());
  for (const auto& error : *errors) message += "\n" + error;
  return fail(Exit::usage, std::move(message));
}

}  // namespace tapster::host
