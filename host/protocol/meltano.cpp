#include "protocol/meltano.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/spec.hpp"
#include "protocol/reference.hpp"

namespace tapster::host {

namespace {

// A JSON string is a YAML one: https://yaml.org/spec/1.2.2/#57-escaped-characters
std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// Empty for a number that is not an integer: Meltano has no kind for it, and takes it as it is written.
std::string kind_of(const json::object& schema) {
  if (schema.contains("enum")) return "options";
  const auto type = text_of(schema, "type");
  if (formats_of(schema).starts_with("date")) return "date_iso8601";
  return type == "number" ? std::string() : type;
}

std::string setting(std::string_view name, const json::object& schema) {
  auto text = fmt::format("    - name: {}\n      label: {}\n", name, in_quotes(label_of(name)));
  const auto kind = kind_of(schema);
  if (!kind.empty()) text += fmt::format("      kind: {}\n", kind);
  if (const auto* values = find_array(schema, "enum")) {
    text += "      options:\n";
    for (const auto& value : *values) {
      const auto shown = value.is_string() ? std::string(view(value.get_string())) : json::serialize(value);
      text += fmt::format("      - label: {}\n        value: {}\n", in_quotes(label_of(shown)),
                          json::serialize(value));
    }
  }
  if (is_secret(schema)) text += "      sensitive: true\n";
  if (const auto* value = schema.if_contains("default"))
    text += fmt::format("      value: {}\n", value->is_double() ? fmt::format("{}", value->get_double())
                                                                : json::serialize(*value));
  if (const auto about = text_of(schema, "description"); !about.empty())
    text += fmt::format("      description: {}\n", in_quotes(about));
  return text;
}

// Rules that exclude the stream, or columns of it, if the catalog does not select them by default.
std::string exclusions(const json::object& stream) {
  const auto name = text_of(stream, "tap_stream_id");
  if (!is_selected_by_default(stream)) return fmt::format("    - {}\n", in_quotes("!" + name + ".*"));
  std::string text;
  const auto* entries = find_array(stream, "metadata");
  for (size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const auto& entry = (*entries)[i].as_object();
    const auto* flag = find_object(entry, "metadata")->if_contains("selected-by-default");
    if (flag == nullptr || *flag != false) continue;
    auto column = name;
    for (const auto& step : *find_array(entry, "breadcrumb")) {
      if (step != "properties") column += "." + std::string(view(step.as_string()));
    }
    text += fmt::format("    - {}\n", in_quotes("!" + column));
  }
  return text;
}

}  // namespace

const std::vector<std::string>& tap_capabilities() {
  static const std::vector<std::string> capabilities{"about", "activate-version",   "catalog", "discover",
                                                     "state", "structured-logging", "test"};
  return capabilities;
}

std::string meltano_definition(std::string_view connector, std::string_view description,
                               const json::object& spec, const json::object* catalog) {
  std::string name_space = fmt::format("tap_{}", connector);
  std::replace(name_space.begin(), name_space.end(), '-', '_');
  auto text = fmt::format(
      "plugins:\n"
      "  extractors:\n"
      "  - name: tap-{0}\n"
      "    namespace: {1}\n"
      "    label: {2}\n"
      "    description: {3}\n"
      "    executable: tap-{0}\n"
      "    capabilities:\n",
      connector, name_space, in_quotes(label_of(connector)), in_quotes(description));
  for (const auto& capability : tap_capabilities()) text += fmt::format("    - {}\n", capability);
  std::string group;
  if (const auto* required = find_array(spec, "required")) {
    for (const auto& name : *required) {
      if (const auto* key = name.if_string())
        group += fmt::format("    {} - {}\n", group.empty() ? '-' : ' ', view(*key));
    }
  }
  if (!group.empty()) text += "    settings_group_validation:\n" + group;
  text += "    settings:\n";
  for (const auto& [name, value] : *find_object(spec, "properties")) {
    if (const auto* schema = value.if_object()) text += setting(name, *schema);
  }
  if (catalog == nullptr) return text;
  text += "    select:\n    - \"*.*\"\n";
  for (const auto& stream : *find_array(*catalog, "streams")) text += exclusions(stream.as_object());
  return text;
}

}  // namespace tapster::host
