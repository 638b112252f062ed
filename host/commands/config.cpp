#include "commands/config.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "catalog/json_schema.hpp"
#include "catalog/spec.hpp"
#include "report/did_you_mean.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

constexpr size_t longest_config = 1UL << 20U;
constexpr std::string_view environment = "ENV";

bool is_variable_name(std::string_view name) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_part);
}

// The type in a setting's schema; "string" if there is none.
std::string_view type_of(const json::object* schema) {
  const auto* type = schema == nullptr ? nullptr : find_string(*schema, "type");
  return type == nullptr ? std::string_view("string") : view(*type);
}

// A setting's value as the environment gives it: a string unchanged, true and false also as True, False, 1
// and 0, an array as JSON or separated by commas, and the rest as JSON. Nothing for other text.
std::optional<json::value> value_in(std::string_view text, const json::object* schema);

std::optional<json::value> flag_in(std::string_view text) {
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return std::nullopt;
}

std::optional<json::value> list_in(std::string_view text, const json::object* items) {
  json::array list;
  for (size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    auto word = text.substr(at, end - at);
    word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    word = word.substr(0, word.find_last_not_of(' ') + 1);
    auto value = value_in(word, items);
    if (!value) return std::nullopt;
    list.push_back(*std::move(value));
    at = end + 1;
  }
  return list;
}

std::optional<json::value> value_in(std::string_view text, const json::object* schema) {
  const auto type = type_of(schema);
  if (type == "string") return json::string(text);
  if (type == "boolean") return flag_in(text);
  auto parsed = parse_json(text, "");
  if (type == "array" && !(parsed && parsed->is_array()))
    return list_in(text, schema == nullptr ? nullptr : find_object(*schema, "items"));
  return parsed ? std::optional(*std::move(parsed)) : std::nullopt;
}

std::string_view expected_in_environment(std::string_view type) {
  if (type == "boolean") return "true, false, 1 or 0";
  if (type == "array") return "JSON, or values separated by commas";
  if (type == "integer" || type == "number") return "a number";
  return "JSON";
}

// `text` with its variables replaced; their values are secret where the setting is.
Outcome<std::string> substitute(std::string_view text, std::string_view key, bool secret, Log& log) {
  std::string out;
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
    if (at > 0 && text[at - 1] == '$') {
      out.append(text.substr(0, at - 1)).append("${");
      text.remove_prefix(at + 2);
      continue;
    }
    out += text.substr(0, at);
    text.remove_prefix(at + 2);
    const auto end = text.find('}');
    const std::string name(text.substr(0, end));
    if (end == std::string_view::npos || !is_variable_name(name)) {
      return fail(Exit::usage,
                  fmt::format("\"{}\" has a \"${{\" without the name of an environment variable and a \"}}\" "
                              "after it; write \"$${{\" for a literal \"${{\"",
                              key));
    }
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return fail(Exit::usage,
                  fmt::format("\"{}\" uses the environment variable {}, which is not set", key, name));
    }
    if (!is_utf8(value)) {
      return fail(Exit::usage,
                  fmt::format("\"{}\" uses the environment variable {}, which is not UTF-8", key, name));
    }
    if (secret) log.hide(value);
    out += value;
    text.remove_prefix(end + 1);
  }
  return out.append(text);
}

// Replaces the variables in all strings of the value. `key` names the setting, for messages.
Outcome<void> expand(json::value& value, std::string_view key, const json::object* schema, bool secret,
                     Log& log) {
  secret = secret || (schema != nullptr && is_secret(*schema));
  if (auto* object = value.if_object()) {
    const auto* properties = schema == nullptr ? nullptr : find_object(*schema, "properties");
    for (auto& [name, inner] : *object) {
      const auto* inner_schema = properties == nullptr ? nullptr : find_object(*properties, name);
      if (auto done = expand(inner, name, inner_schema, secret, log); !done) return done;
    }
  } else if (auto* array = value.if_array()) {
    const auto* items = schema == nullptr ? nullptr : find_object(*schema, "items");
    for (auto& inner : *array) {
      if (auto done = expand(inner, key, items, secret, log); !done) return done;
    }
  } else if (const auto* text = value.if_string()) {
    const bool is_one_variable = text->starts_with("${") && text->find('}') == text->size() - 1;
    auto replaced = substitute(view(*text), key, secret, log);
    if (!replaced) return tl::unexpected(std::move(replaced).error());
    value = json::string(*replaced);
    if (!is_one_variable || type_of(schema) == "string") return {};
    if (auto converted = value_in(*replaced, schema)) value = *std::move(converted);
  }
  return {};
}

Outcome<json::object> read_file_source(const std::string& file, const json::object& properties, Log& log) {
  auto text = read_input(file, longest_config);
  if (!text) return tl::unexpected(std::move(text).error());
  const auto name = input_name(file);
  auto config = parse_json_object(*text, name);
  if (!config) return fail(Exit::usage, std::move(config).error().message);
  for (auto& [key, value] : *config) {
    auto done = expand(value, key, find_object(properties, key), false, log);
    if (!done) return fail(Exit::usage, fmt::format("{}: {}", name, done.error().message));
  }
  return *std::move(config);
}

Outcome<json::object> read_environment(std::string_view connector, const json::object& properties) {
  json::object config;
  for (const auto& [key, schema] : properties) {
    const auto variable = config_variable(connector, key);
    const char* text = std::getenv(variable.c_str());
    // Schedulers and compose files set a variable to nothing if a setting is left out.
    if (text == nullptr || *text == 0) continue;
    if (!is_utf8(text)) {
      return fail(Exit::usage, fmt::format("the environment variable {} must be UTF-8, for \"{}\"", variable,
                                           std::string_view(key)));
    }
    auto value = value_in(text, schema.if_object());
    if (!value) {
      const auto type = type_of(schema.if_object());
      return fail(Exit::usage,
                  fmt::format("the environment variable {} must be {}, for the {} \"{}\"", variable,
                              expected_in_environment(type), type, std::string_view(key)));
    }
    config[key] = *std::move(value);
  }
  return config;
}

void hide(const json::value& value, Log& log) {
  if (const auto* text = value.if_string()) log.hide(view(*text));
  if (value.is_number()) log.hide(json::serialize(value));
  if (const auto* array = value.if_array()) {
    for (const auto& inner : *array) hide(inner, log);
  }
  if (const auto* object = value.if_object()) {
    for (const auto& [key, inner] : *object) hide(inner, log);
  }
}

// Hides what the schema says is secret, at any depth.
void hide_secrets(const json::value& value, const json::object& schema, Log& log) {
  if (is_secret(schema)) return hide(value, log);
  if (const auto* array = value.if_array()) {
    const auto* items = find_object(schema, "items");
    for (size_t i = 0; items != nullptr && i < array->size(); ++i) hide_secrets((*array)[i], *items, log);
  }
  const auto* object = value.if_object();
  const auto* properties = find_object(schema, "properties");
  if (object == nullptr || properties == nullptr) return;
  for (const auto& [key, inner] : *object) {
    if (const auto* property = find_object(*properties, key)) hide_secrets(inner, *property, log);
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

// By their names alone, as the values may be secret.
void warn_of_unknown_variables(std::string_view connector, const json::object& properties, Log& log) {
  const auto prefix = config_variable(connector, "");
  std::vector<std::string> known;
  for (const auto& [key, schema] : properties)
    known.push_back(config_variable(connector, key).substr(prefix.size()));
  std::vector<std::string> unknown;
  for (char** variable = ::environ; *variable != nullptr; ++variable) {
    std::string_view name(*variable);
    name = name.substr(0, name.find('='));
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    // Meltano's own begin with one "_" more: https://docs.meltano.com/concepts/plugins#plugin-extras
    if (name.starts_with('_') || std::find(known.begin(), known.end(), name) != known.end()) continue;
    unknown.emplace_back(name);
  }
  std::sort(unknown.begin(), unknown.end());
  for (const auto& name : unknown) {
    const auto near = nearest(name, known);
    log.warning(fmt::format("{}: the connector has no setting for {}{}{}", environment, prefix, name,
                            near.empty() ? "" : fmt::format("; did you mean \"{}{}\"?", prefix, near)));
  }
}

// Names the variable of each setting that is missing.
void name_variables(std::string_view connector, const json::object& properties,
                    std::vector<std::string>& errors) {
  for (auto& error : errors) {
    for (const auto& [key, schema] : properties) {
      const auto missing = fmt::format("\"{}\" is required", std::string_view(key));
      if (error.starts_with(missing))
        error.insert(missing.size(),
                     fmt::format(" (in the environment {})", config_variable(connector, key)));
    }
  }
}

}  // namespace

Outcome<json::object> read_config(const std::vector<std::string>& sources, std::string_view connector,
                                  const json::object& spec, Log& log) {
  const json::object none;
  const auto* found = find_object(spec, "properties");
  const auto& properties = found == nullptr ? none : *found;
  json::object config;
  for (const auto& source : sources) {
    auto part = source == environment ? read_environment(connector, properties)
                                      : read_file_source(source, properties, log);
    if (!part) return part;
    hide_secrets(*part, spec, log);
    warn_of_unknown_keys(input_name(source), *part, properties, log);
    if (source == environment) warn_of_unknown_variables(connector, properties, log);
    for (auto& [key, value] : *part) config[key] = std::move(value);
  }

  auto schema = spec;
  schema.erase("additionalProperties");  // an unknown key has been warned of, and may stay
  auto errors = schema_errors(config, schema);
  if (!errors) return fail(Exit::failed, fmt::format("the connector's spec: {}", errors.error().message));
  if (errors->empty()) return config;
  if (std::find(sources.begin(), sources.end(), environment) != sources.end())
    name_variables(connector, properties, *errors);
  const auto names = config_names(sources);
  if (errors->size() == 1) return fail(Exit::usage, fmt::format("{}: {}", names, errors->front()));
  auto message = fmt::format("{}:", names);
  for (const auto& error : *errors) message += "\n" + error;
  return fail(Exit::usage, std::move(message));
}

std::string config_variable(std::string_view connector, std::string_view setting) {
  auto name = fmt::format("TAP_{}_{}", connector, setting);
  for (auto& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

bool is_utf8(std::string_view text) {
  return parse_json(json::serialize(json::string(text)), "").has_value();
}

std::string config_names(const std::vector<std::string>& sources) {
  std::vector<std::string> names;
  names.reserve(sources.size());
  for (const auto& source : sources) names.push_back(input_name(source));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace tapster::host
