#include "catalog/stream_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "catalog/catalog_entry.hpp"
#include "catalog/patterns.hpp"
#include "catalog/replication.hpp"
#include "catalog/selected_schema.hpp"
#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace {

// The stream's own key or, if it has none, the columns that the given catalog names as one.
Result<std::vector<std::string>> key_properties(const CatalogEntry& entry) {
  std::vector<std::string> keys;
  const auto* own = find_array(*entry.discovered, "key_properties");
  for (size_t i = 0; own != nullptr && i < own->size(); ++i) keys.emplace_back(view((*own)[i].get_string()));
  const auto* named = entry.given_metadata.root().if_contains("view-key-properties");
  if (!keys.empty() || named == nullptr || named->is_null()) return keys;
  const auto path = entry.path + ".metadata.view-key-properties";
  if (!named->is_array()) return config_error(path + " must be an array of columns");
  std::vector<std::string> names;
  names.reserve(entry.columns.size());
  for (const auto& column : entry.columns) {
    if (!column.has_vanished) names.push_back(column.path);
  }
  for (const auto& value : named->get_array()) {
    if (!value.is_string()) return config_error(path + " must be an array of columns");
    const auto name = view(value.get_string());
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return config_error(fmt::format(R"({}: the stream "{}" has no column "{}"{})", path, entry.name, name,
                                      did_you_mean(name, names)));
    }
    keys.emplace_back(name);
  }
  return keys;
}

json::value nullable(json::value schema) {
  auto* object = schema.if_object();
  auto* type = object == nullptr ? nullptr : object->if_contains("type");
  if (type == nullptr) return schema;
  json::array types;
  if (const auto* several = type->if_array())
    types = *several;
  else
    types.push_back(*type);
  if (std::find(types.begin(), types.end(), json::value("null")) == types.end())
    types.insert(types.begin(), "null");
  *type = std::move(types);
  return schema;
}

// The selected columns that have vanished become columns of nulls.
Result<void> keep_vanished(const CatalogEntry& entry, SelectedStream& stream, const std::string& catalog) {
  for (const auto& column : entry.columns) {
    if (!column.has_vanished || !column.is_selected) continue;
    // If the schema has "items", its columns are theirs.
    const auto* given = find_object(*find_object(*entry.given, "schema"), "properties");
    const auto* schema = given == nullptr ? nullptr : given->if_contains(column.path);
    if (schema == nullptr)
      return config_error(fmt::format(
          R"({}: {}.schema of the stream "{}" is that of an array: remove its "items", or write the catalog again with tapster discover)",
          catalog, entry.path, stream.name));
    stream.schema.at("properties").as_object()[column.path] = nullable(*schema);
    if (!stream.null_members.empty()) stream.null_members += ',';
    append_json_string(stream.null_members, column.path);
    stream.null_members += ":null";
    stream.warnings.push_back(fmt::format(
        R"({}: the stream "{}" does not have the column "{}" any more: it is null in each record)", catalog,
        stream.name, column.path));
  }
  return {};
}

Result<SelectedStream> to_stream(CatalogEntry entry, const std::string& catalog) {
  SelectedStream stream;
  stream.name = entry.name;
  stream.alias = entry.name;
  for (const auto* object : {entry.discovered, entry.given}) {
    const auto alias = object == nullptr ? std::string() : text_of(*object, "stream_alias");
    if (!alias.empty()) stream.alias = alias;
  }
  auto key = replication_key(entry);
  if (!key) return with_context(catalog, std::move(key).error());
  stream.replication_key = *std::move(key);
  stream.is_full_by_choice = stream.is_full_table() && !text_of(*entry.discovered, "replication_key").empty();
  auto keys = key_properties(entry);
  if (!keys) return with_context(catalog, std::move(keys).error());
  stream.key_properties = *std::move(keys);
  for (const auto& ignored : ignored_overrides(entry))
    stream.warnings.push_back(
        fmt::format("{}: {}: the stream \"{}\": {}", catalog, entry.path, stream.name, ignored));
  for (const auto& column : unknown_columns(entry)) {
    stream.warnings.push_back(fmt::format(R"({}: the stream "{}" has no column "{}"{})", catalog, stream.name,
                                          column, did_you_mean(column, paths_of(entry.columns))));
  }
  for (auto& column : entry.columns) {
    const auto& names = stream.key_properties;
    if (std::find(names.begin(), names.end(), column.path) != names.end()) column.is_selected = true;
  }
  stream.warnings.insert(stream.warnings.end(), entry.warnings.begin(), entry.warnings.end());
  auto columns = entry.columns;
  std::erase_if(columns, [](const Column& column) { return column.has_vanished; });
  auto selected = select_columns(*find_object(*entry.discovered, "schema"), columns);
  if (selected.is_empty) {
    return config_error(
        fmt::format("{}: the stream \"{}\" is selected, but none of its columns is", catalog, stream.name));
  }
  stream.columns = std::move(selected.columns);
  stream.schema = std::move(selected.schema);
  auto kept = keep_vanished(entry, stream, catalog);
  if (!kept) return Failed(std::move(kept).error());
  return stream;
}

Result<std::vector<SelectedStream>> to_streams(const std::vector<CatalogEntry>& entries,
                                               const std::string& catalog) {
  std::vector<SelectedStream> streams;
  std::set<std::string, std::less<>> aliases;
  for (const auto& entry : entries) {
    if (!entry.is_selected) continue;
    auto stream = to_stream(entry, catalog);
    if (!stream) return tl::unexpected(std::move(stream).error());
    if (!aliases.insert(stream->alias).second)
      return config_error(fmt::format("{}: two streams would be written as \"{}\"", catalog, stream->alias));
    streams.push_back(*std::move(stream));
  }
  return streams;
}

Failed nothing_selected(const std::vector<CatalogEntry>& entries, const std::string& catalog, bool is_given) {
  if (!entries.empty()) {
    return config_error(fmt::format("no stream is selected; use --select with one of {}: {}", catalog,
                                    fmt::join(names_of(entries), ", ")));
  }
  if (!is_given) return config_error("no stream is selected: the connector offers none");
  return config_error(
      fmt::format("no stream is selected: the connector offers none of those in {}", catalog));
}

// What messages call the catalog.
std::string name_of_catalog(const json::object* given, const SelectionOptions& options) {
  return given == nullptr ? "the connector's catalog" : options.catalog_file;
}

Outcome<std::vector<CatalogEntry>> chosen_entries(const json::object& discovered, const json::object* given,
                                                  const SelectionOptions& options) {
  auto entries = read_entries(discovered, given, name_of_catalog(given, options));
  if (!entries) return fail(std::move(entries).error());
  auto applied = apply_patterns(options.patterns, *entries);
  if (!applied) return fail(std::move(applied).error());
  return *std::move(entries);
}

}  // namespace

Outcome<std::vector<SelectedStream>> select_streams(const json::object& discovered, const json::object* given,
                                                    const SelectionOptions& options) {
  const auto entries = chosen_entries(discovered, given, options);
  if (!entries) return tl::unexpected(entries.error());
  const auto catalog = name_of_catalog(given, options);
  auto streams = to_streams(*entries, catalog);
  if (streams && streams->empty()) streams = nothing_selected(*entries, catalog, given != nullptr);
  if (!streams) return fail(std::move(streams).error());
  return *std::move(streams);
}

Outcome<json::object> select_in_catalog(const json::object& discovered, const json::object* given,
                                        const SelectionOptions& options) {
  const auto entries = chosen_entries(discovered, given, options);
  if (!entries) return tl::unexpected(entries.error());
  return with_selection(given == nullptr ? discovered : *given, *entries);
}

}  // namespace tapster::host
