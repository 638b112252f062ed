// tapster info: a connector, its settings and, where there is a config, its streams.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "commands.hpp"
#include "plugins.hpp"
#include "print.hpp"

namespace tapster::host {

namespace {

std::string text_of(const json::object& object, std::string_view key) {
  const auto* text = find_string(object, key);
  return text == nullptr ? std::string() : std::string(view(*text));
}

// "integer, default 4" and the like.
std::string traits(const json::object& property, bool required) {
  std::string text = text_of(property, "type");
  if (const auto format = text_of(property, "format"); !format.empty()) text = format;
  if (const auto* values = find_array(property, "enum")) {
    text = "one of";
    for (const auto& value : *values) text += " " + json::serialize(value);
  }
  if (required) text += ", required";
  const auto* secret = property.if_contains("secret");
  if (secret != nullptr && *secret == true) text += ", secret";
  if (const auto* value = property.if_contains("default")) text += ", default " + json::serialize(*value);
  return text;
}

std::string settings_text(const json::object& spec) {
  const auto* required = find_array(spec, "required");
  std::string text;
  for (const auto& [key, value] : *find_object(spec, "properties")) {
    const auto* property = value.if_object();
    if (property == nullptr) continue;
    const bool needed = required != nullptr &&
                        std::find(required->begin(), required->end(), json::value(key)) != required->end();
    text += fmt::format("  {}: {}\n", std::string_view(key), traits(*property, needed));
    if (const auto about = text_of(*property, "description"); !about.empty()) text += "      " + about + "\n";
  }
  return text.empty() ? "" : "\nSettings\n" + text;
}

// Whether the stream is read when nobody selects anything.
bool is_default(const json::object& stream) {
  const auto* entries = find_array(stream, "metadata");
  for (size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const auto* entry = (*entries)[i].if_object();
    const auto* breadcrumb = entry == nullptr ? nullptr : find_array(*entry, "breadcrumb");
    const auto* metadata = entry == nullptr ? nullptr : find_object(*entry, "metadata");
    if (breadcrumb == nullptr || metadata == nullptr || !breadcrumb->empty()) continue;
    const auto* flag = metadata->if_contains("selected-by-default");
    return flag == nullptr || *flag != false;
  }
  return true;
}

std::string streams_text(const json::object& catalog) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : *find_array(catalog, "streams")) {
    const auto& stream = value.as_object();
    std::string keys;
    for (const auto& key : *find_array(stream, "key_properties")) {
      keys += (keys.empty() ? "key " : ", ") + std::string(view(key.as_string()));
    }
    const auto replication = text_of(stream, "replication_key");
    rows.push_back({"  " + text_of(stream, "tap_stream_id"), keys,
                    replication.empty() ? "read in full" : "incremental by " + replication,
                    is_default(stream) ? "" : "only when selected"});
  }
  return "\nStreams\n" + table(rows);
}

}  // namespace

Outcome<void> info(const Run& run) {
  const auto file = find_plugin(run.options.connector, plugin_directories(run.options.plugin_dirs));
  if (!file) return tl::unexpected(file.error());
  const auto connector = find_connector(run.options);
  if (!connector) return tl::unexpected(connector.error());
  const auto spec = connector->spec();
  if (!spec) return tl::unexpected(to_failure(spec.error()));

  std::optional<json::object> catalog;
  if (run.options.config) {
    auto done = with_source(run, [&](Source& source, const Services&) -> Outcome<void> {
      auto discovered = source.discover();
      if (!discovered) return tl::unexpected(to_failure(std::move(discovered).error()));
      catalog = *std::move(discovered);
      return {};
    });
    if (!done) return done;
  }

  const auto abi =
      fmt::format("{}.{}", connector->table().abi_version >> 16U, connector->table().abi_version & 0xFFFFU);
  if (run.options.as_json) {
    json::object all{{"name", connector->name()},
                     {"version", connector->version()},
                     {"description", connector->description()},
                     {"path", file->string()},
                     {"abi_version", abi},
                     {"settings", *spec}};
    if (catalog) all["streams"] = (*catalog)["streams"];
    return print(run.output, pretty(all));
  }
  auto text = fmt::format("{} {}\n{}\n\n", connector->name(), connector->version(), connector->description());
  text += table({{"File", file->string()}, {"ABI", abi}});
  text += settings_text(*spec);
  if (catalog) text += streams_text(*catalog);
  return print(run.output, text);
}

}  // namespace tapster::host
