#include "catalog/replication.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace tapster::host {

namespace {

// A value of the given catalog: from the metadata or, in older catalogs, beside the stream's name.
std::string given_value(const CatalogEntry& entry, std::string_view in_metadata, std::string_view in_stream) {
  if (entry.given == nullptr) return {};
  auto text = text_of(entry.given_metadata.root(), in_metadata);
  return text.empty() ? text_of(*entry.given, in_stream) : text;
}

// The names in "type", in any order and form, without null: a catalog may have been written by another tool.
std::set<std::string> types_of(const json::object& schema) {
  std::set<std::string> types;
  const auto* type = schema.if_contains("type");
  if (type != nullptr && type->is_string()) types.emplace(view(type->get_string()));
  if (const auto* several = find_array(schema, "type")) {
    for (const auto& one : *several) {
      if (one.is_string()) types.emplace(view(one.get_string()));
    }
  }
  types.erase("null");
  return types;
}

// Adds the columns, as "to.Email", whose type or format in `given` differs from that in `own`.
void find_other_types(const json::object& given, const json::object& own, const std::string& path,
                      std::vector<std::string>& columns) {
  const auto types = types_of(given);
  if (!types.empty() && (types != types_of(own) || text_of(given, "format") != text_of(own, "format")))
    return columns.push_back(path.empty() ? "the record" : path);
  const auto* given_items = find_object(given, "items");
  const auto* own_items = find_object(own, "items");
  if (given_items != nullptr && own_items != nullptr)
    return find_other_types(*given_items, *own_items, path, columns);
  const auto* properties = find_object(given, "properties");
  const auto* own_properties = find_object(own, "properties");
  if (properties == nullptr || own_properties == nullptr) return;
  for (const auto& [name, value] : *properties) {
    const auto* own_property = find_object(*own_properties, name);
    if (own_property == nullptr || !value.is_object()) continue;
    find_other_types(value.get_object(), *own_property,
                     fmt::format("{}{}{}", path, path.empty() ? "" : ".", std::string_view(name)), columns);
  }
}

Failed refused(const CatalogEntry& entry, std::string_view why) {
  return config_error(fmt::format("{}: the stream \"{}\": {}", entry.path, entry.name, why));
}

}  // namespace

Result<std::string> replication_key(const CatalogEntry& entry) {
  std::string own_key;
  if (text_of(*entry.discovered, "replication_method") == "INCREMENTAL")
    own_key = text_of(*entry.discovered, "replication_key");
  auto method = given_value(entry, "replication-method", "replication_method");
  if (method.empty()) method = own_key.empty() ? "FULL_TABLE" : "INCREMENTAL";
  if (method != "FULL_TABLE" && method != "INCREMENTAL") {
    return refused(entry,
                   fmt::format("its replication-method must be FULL_TABLE or INCREMENTAL, not {}", method));
  }
  if (own_key.empty()) return std::string();
  const auto forced = text_of(entry.discovered_metadata.root(), "forced-replication-method");
  if (method == "FULL_TABLE" && forced == "INCREMENTAL")
    return refused(entry,
                   "its replication-method cannot be FULL_TABLE: the stream can only be read as INCREMENTAL");
  return method == "FULL_TABLE" ? std::string() : own_key;
}

std::vector<std::string> ignored_overrides(const CatalogEntry& entry) {
  if (entry.given == nullptr) return {};
  std::vector<std::string> ignored;
  const auto own_key = text_of(*entry.discovered, "replication_key");
  const auto key = given_value(entry, "replication-key", "replication_key");
  const auto method = given_value(entry, "replication-method", "replication_method");
  if (own_key.empty() && method == "INCREMENTAL")
    ignored.emplace_back("its replication-method INCREMENTAL is ignored: the stream is read in full");
  if (!own_key.empty() && !key.empty() && key != own_key)
    ignored.push_back(fmt::format(R"(its replication-key "{}" is ignored: the key is "{}")", key, own_key));
  const auto* keys = find_array(*entry.discovered, "key_properties");
  const auto* other = find_array(*entry.given, "key_properties");
  if (keys != nullptr && other != nullptr && !keys->empty() && *keys != *other)
    ignored.push_back(fmt::format("its key_properties {} are ignored: the key is {}", json::serialize(*other),
                                  json::serialize(*keys)));
  if (!text_of(entry.given_metadata.root(), "stream_alias").empty())
    ignored.emplace_back("the stream_alias in its metadata is ignored: it must stand beside tap_stream_id");
  std::vector<std::string> columns;
  const auto* schema = find_object(*entry.discovered, "schema");
  const auto* changed = find_object(*entry.given, "schema");
  if (schema != nullptr && changed != nullptr) find_other_types(*changed, *schema, {}, columns);
  if (!columns.empty())
    ignored.push_back(fmt::format("its types of these columns are ignored: {}", fmt::join(columns, ", ")));
  return ignored;
}

}  // namespace tapster::host
