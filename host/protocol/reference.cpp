#include "protocol/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "catalog/spec.hpp"

namespace tapster::host {

namespace {

// A cell of a table: a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("`{}`", cell(text));
}

std::string keys_of(const json::object& stream) {
  std::string keys;
  for (const auto& key : *find_array(stream, "key_properties")) {
    keys += (keys.empty() ? "" : ", ") + code(view(key.as_string()));
  }
  return keys;
}

std::string settings_table(const json::object& spec) {
  std::string text = "| setting | | |\n|---|---|---|\n";
  for (const auto& [name, value] : *find_object(spec, "properties")) {
    const auto* schema = value.if_object();
    if (schema == nullptr) continue;
    text +=
        fmt::format("| {} | {} | {} |\n", code(name), cell(setting_traits(*schema, is_required(spec, name))),
                    cell(text_of(*schema, "description")));
  }
  return text;
}

std::string streams_table(const json::array& streams) {
  std::string text = "| stream | key | replication key | |\n|---|---|---|---|\n";
  for (const auto& value : streams) {
    const auto& stream = value.as_object();
    const auto name = text_of(stream, "tap_stream_id");
    text += fmt::format("| [{}](#{}) | {} | {} | {}{} |\n", code(name), name, keys_of(stream),
                        code(text_of(stream, "replication_key")),
                        cell(text_of(*find_object(stream, "schema"), "description")),
                        is_selected_by_default(stream) ? "" : " Only when selected.");
  }
  return text;
}

std::string columns_table(const json::object& stream) {
  std::string text = "| column | type | |\n|---|---|---|\n";
  for (const auto& [name, value] : *find_object(*find_object(stream, "schema"), "properties")) {
    const auto* schema = value.if_object();
    if (schema == nullptr) continue;
    text += fmt::format("| {} | {} | {}{} |\n", code(name), cell(column_type(*schema)),
                        cell(text_of(*schema, "description")),
                        is_selected_by_default(stream, name) ? "" : " Only when selected.");
  }
  return text;
}

}  // namespace

std::string label_of(std::string_view name) {
  std::string label(name);
  std::replace(label.begin(), label.end(), '_', ' ');
  std::replace(label.begin(), label.end(), '-', ' ');
  if (!label.empty()) label[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(label[0])));
  return label;
}

std::string formats_of(const json::object& schema) {
  auto text = text_of(schema, "format");
  const auto* alternatives = find_array(schema, "anyOf");
  for (size_t i = 0; alternatives != nullptr && i < alternatives->size(); ++i) {
    const auto* alternative = (*alternatives)[i].if_object();
    const auto format = alternative == nullptr ? std::string() : text_of(*alternative, "format");
    if (format.empty()) return {};
    text += fmt::format("{}{}", text.empty() ? "" : " or ", format);
  }
  return text;
}

std::string setting_traits(const json::object& schema, bool required) {
  std::string text = text_of(schema, "type");
  if (const auto formats = formats_of(schema); !formats.empty()) text = formats;
  if (const auto* values = find_array(schema, "enum")) {
    text = "one of";
    for (const auto& value : *values) text += " " + json::serialize(value);
  }
  if (required) text += ", required";
  if (is_secret(schema)) text += ", secret";
  if (const auto* value = schema.if_contains("default")) text += ", default " + json::serialize(*value);
  return text;
}

std::string column_type(const json::object& schema) {
  std::vector<std::string> types;
  bool is_nullable = false;
  const auto add = [&](const json::value& type) {
    if (!type.is_string()) return;
    if (type == "null")
      is_nullable = true;
    else
      types.emplace_back(view(type.get_string()));
  };
  if (const auto* several = find_array(schema, "type")) {
    for (const auto& type : *several) add(type);
  } else if (const auto* one = schema.if_contains("type")) {
    add(*one);
  }
  const auto format = text_of(schema, "format");
  auto text = format.empty() ? fmt::format("{}", fmt::join(types, " or ")) : format;
  if (is_nullable) text += " or null";
  return text;
}

bool is_selected_by_default(const json::object& stream, std::string_view column) {
  const auto wanted = column.empty() ? json::array() : json::array{"properties", column};
  const auto* entries = find_array(stream, "metadata");
  for (size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const auto* entry = (*entries)[i].if_object();
    const auto* breadcrumb = entry == nullptr ? nullptr : find_array(*entry, "breadcrumb");
    const auto* metadata = entry == nullptr ? nullptr : find_object(*entry, "metadata");
    if (breadcrumb == nullptr || metadata == nullptr || *breadcrumb != wanted) continue;
    const auto* flag = metadata->if_contains("selected-by-default");
    return flag == nullptr || *flag != false;
  }
  return true;
}

std::string reference_markdown(const json::object& spec, const json::object* catalog) {
  std::string text = "### Settings\n\n" + settings_table(spec);
  const auto* streams = catalog == nullptr ? nullptr : find_array(*catalog, "streams");
  if (streams == nullptr) return text;
  text += "\n### Streams\n\n" + streams_table(*streams);
  for (const auto& value : *streams) {
    const auto& stream = value.as_object();
    text += fmt::format("\n#### {}\n\n{}\n\n{}", text_of(stream, "tap_stream_id"),
                        text_of(*find_object(stream, "schema"), "description"), columns_table(stream));
  }
  return text;
}

}  // namespace tapster::host
