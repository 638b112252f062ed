#include "catalog/catalog_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "catalog/catalog_shape.hpp"
#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace {

// ---- columns

// What the columns of a stream are read from.
struct Sources {
  const Metadata& discovered;
  const Metadata& given;
  std::set<std::string, std::less<>> automatic;  // the columns of the key and the replication key
};

Sources sources_of(const CatalogEntry& entry) {
  Sources sources{entry.discovered_metadata, entry.given_metadata, {}};
  if (const auto* keys = find_array(*entry.discovered, "key_properties")) {
    for (const auto& key : *keys) sources.automatic.emplace(view(key.get_string()));
  }
  if (const auto* key = find_string(*entry.discovered, "replication_key"))
    sources.automatic.emplace(view(*key));
  return sources;
}

// `given` is the same schema in the given catalog, or null. The oldest catalogs select columns there.
std::vector<Column> read_columns(const Sources& sources, const json::object& schema,
                                 const json::object* given, const Breadcrumb& breadcrumb,
                                 const std::string& path) {
  const auto descend = [](const json::object* object, std::string_view key) {
    return object == nullptr ? nullptr : find_object(*object, key);
  };
  if (const auto* items = find_object(schema, "items"); items != nullptr) {
    auto below = breadcrumb;
    below.emplace_back("items");
    return read_columns(sources, *items, descend(given, "items"), below, path);
  }
  std::vector<Column> columns;
  const auto* properties = find_object(schema, "properties");
  if (properties == nullptr) return columns;
  const auto* given_properties = descend(given, "properties");
  for (const auto& [key, value] : *properties) {
    Column column;
    column.breadcrumb = breadcrumb;
    column.breadcrumb.insert(column.breadcrumb.end(), {"properties", std::string(key)});
    column.path = path.empty() ? std::string(key) : fmt::format("{}.{}", path, std::string_view(key));
    const auto entry = sources.given.at(column.breadcrumb).over(sources.discovered.at(column.breadcrumb));
    const auto* given_column = descend(given_properties, key);
    column.is_unsupported = entry.inclusion == "unsupported";
    column.is_automatic = !column.is_unsupported && (entry.inclusion == "automatic" ||
                                                     (breadcrumb.empty() && sources.automatic.contains(key)));
    auto selected = entry.selected;
    if (!selected && given_column != nullptr) selected = flag_of(*given_column, "selected");
    column.is_selected =
        column.is_automatic || (!column.is_unsupported && selected.value_or(entry.by_default.value_or(true)));
    if (const auto* object = value.if_object())
      column.inside = read_columns(sources, *object, given_column, column.breadcrumb, column.path);
    columns.push_back(std::move(column));
  }
  return columns;
}

// Reads the columns of an entry whose catalogs and metadata are set.
void read_columns(CatalogEntry& entry) {
  const auto* schema = find_object(*entry.discovered, "schema");
  if (schema == nullptr) return;
  const auto* given = entry.given == nullptr ? nullptr : find_object(*entry.given, "schema");
  entry.columns = read_columns(sources_of(entry), *schema, given, {}, {});
  if (given == nullptr || !entry.columns_vary()) return;
  const auto* known = find_object(*schema, "properties");
  for (auto& column : read_columns(sources_of(entry), *given, given, {}, {})) {
    if (known == nullptr || known->contains(column.path)) continue;
    column.has_vanished = true;
    column.is_automatic = false;
    column.inside.clear();
    entry.columns.push_back(std::move(column));
  }
}

// ---- streams

std::vector<CatalogEntry> discovered_entries(const json::object& catalog) {
  std::vector<CatalogEntry> entries;
  const auto& streams = *find_array(catalog, "streams");
  for (size_t i = 0; i < streams.size(); ++i) {
    CatalogEntry entry;
    entry.path = fmt::format("streams[{}]", i);
    entry.discovered = &streams[i].get_object();
    entry.name = name_of(*entry.discovered);
    entry.discovered_metadata = Metadata(*entry.discovered);
    entry.is_selected = entry.discovered_metadata.at({}).by_default.value_or(true);
    entries.push_back(std::move(entry));
  }
  return entries;
}

// Whether the given catalog selects the stream: in its metadata or, in older catalogs, beside its name or in
// its schema.
std::optional<bool> selected_by(const json::object& stream, const Metadata& metadata) {
  if (const auto selected = metadata.at({}).selected) return selected;
  if (const auto selected = flag_of(stream, "selected")) return selected;
  const auto* schema = find_object(stream, "schema");
  return schema == nullptr ? std::nullopt : flag_of(*schema, "selected");
}

Result<std::vector<CatalogEntry>> given_entries(const std::vector<CatalogEntry>& offered,
                                                const json::object& given) {
  const auto& streams = *find_array(given, "streams");
  if (streams.empty()) return config_error("the catalog has no streams; write one with tapster discover");
  std::vector<CatalogEntry> entries;
  std::set<std::string> seen;
  for (size_t i = 0; i < streams.size(); ++i) {
    const auto path = fmt::format("streams[{}]", i);
    const auto& stream = streams[i].get_object();
    const auto name = name_of(stream);
    Metadata metadata(stream);
    const auto selected = selected_by(stream, metadata);
    const auto same = std::find_if(offered.begin(), offered.end(),
                                   [&](const CatalogEntry& entry) { return entry.name == name; });
    if (same == offered.end()) {
      if (!selected.value_or(metadata.at({}).by_default.value_or(false))) continue;
      return config_error(fmt::format("{}: the connector has no stream \"{}\"{}", path, name,
                                      did_you_mean(name, names_of(offered))));
    }
    if (!seen.insert(name).second)
      return config_error(fmt::format("{}: the stream \"{}\" is in the catalog twice", path, name));
    auto entry = *same;
    entry.given = &stream;
    entry.path = path;
    const auto by_default = metadata.at({}).over(entry.discovered_metadata.at({})).by_default;
    entry.is_selected = selected.value_or(by_default.value_or(false));
    entry.given_metadata = std::move(metadata);
    entries.push_back(std::move(entry));
  }
  return entries;
}

// ---- columns of the given catalog that the connector does not have

// Adds the columns that are selected in `given` and not in `known`.
void find_unknown(const std::vector<Column>& given, const std::set<Breadcrumb>& known,
                  std::vector<Breadcrumb>& unknown) {
  for (const auto& column : given) {
    if (!column.is_selected) continue;
    if (known.contains(column.breadcrumb))
      find_unknown(column.inside, known, unknown);
    else
      unknown.push_back(column.breadcrumb);
  }
}

void collect(const std::vector<Column>& columns, std::set<Breadcrumb>& breadcrumbs) {
  for (const auto& column : columns) {
    breadcrumbs.insert(column.breadcrumb);
    collect(column.inside, breadcrumbs);
  }
}

void collect(const std::vector<Column>& columns, std::vector<std::string>& paths) {
  for (const auto& column : columns) {
    paths.push_back(column.path);
    collect(column.inside, paths);
  }
}

// As Column::path.
std::string path_of(const Breadcrumb& breadcrumb) {
  std::string path;
  for (size_t i = 0; i + 1 < breadcrumb.size(); ++i) {
    if (breadcrumb[i] != "properties") continue;
    ++i;  // skip the name, which may be "properties" too
    path += (path.empty() ? "" : ".") + breadcrumb[i];
  }
  return path;
}

// Whether the breadcrumb, or a place around it, is in `places`.
bool is_in(const std::vector<Breadcrumb>& places, const Breadcrumb& breadcrumb) {
  return std::any_of(places.begin(), places.end(), [&](const Breadcrumb& place) {
    return place.size() <= breadcrumb.size() && std::equal(place.begin(), place.end(), breadcrumb.begin());
  });
}

// ---- writing

// Writes "selected" into the metadata of one place, and adds the place if it does not exist.
void write_selected(json::array& metadata, const Breadcrumb& breadcrumb, bool selected) {
  for (auto& entry : metadata) {
    auto& object = entry.get_object();
    if (breadcrumb_of(object) != breadcrumb) continue;
    object.at("metadata").get_object()["selected"] = selected;
    return;
  }
  json::array steps;
  for (const auto& step : breadcrumb) steps.emplace_back(step);
  metadata.push_back({{"breadcrumb", std::move(steps)}, {"metadata", {{"selected", selected}}}});
}

void write_selected(json::array& metadata, const std::vector<Column>& columns) {
  for (const auto& column : columns) {
    write_selected(metadata, column.breadcrumb, column.is_selected);
    write_selected(metadata, column.inside);
  }
}

}  // namespace

Result<std::vector<CatalogEntry>> read_entries(const json::object& discovered, const json::object* given,
                                               std::string_view what) {
  auto entries = std::vector<CatalogEntry>();
  if (given == nullptr) {
    entries = discovered_entries(discovered);
  } else {
    if (auto good = check_shape(*given); !good) return with_context(what, std::move(good).error());
    auto read = given_entries(discovered_entries(discovered), *given);
    if (!read) return with_context(what, std::move(read).error());
    entries = *std::move(read);
  }
  for (auto& entry : entries) read_columns(entry);
  return entries;
}

bool CatalogEntry::columns_vary() const {
  return flag_of(discovered_metadata.root(), "columns-vary").value_or(false);
}

std::string name_of(const json::object& stream) {
  auto name = text_of(stream, "tap_stream_id");
  return name.empty() ? text_of(stream, "stream") : name;
}

std::vector<std::string> names_of(const std::vector<CatalogEntry>& entries) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

std::vector<std::string> paths_of(const std::vector<Column>& columns) {
  std::vector<std::string> paths;
  collect(columns, paths);
  return paths;
}

std::vector<std::string> unknown_columns(const CatalogEntry& entry) {
  if (entry.given == nullptr) return {};
  std::set<Breadcrumb> known;
  collect(entry.columns, known);
  std::vector<Breadcrumb> unknown;
  if (const auto* schema = find_object(*entry.given, "schema"))
    find_unknown(read_columns(sources_of(entry), *schema, schema, {}, {}), known, unknown);
  const auto left_out = entry.given_metadata.selected(false);
  for (const auto& breadcrumb : entry.given_metadata.selected(true)) {
    if (!known.contains(breadcrumb) && !is_in(unknown, breadcrumb) && !is_in(left_out, breadcrumb))
      unknown.push_back(breadcrumb);
  }
  std::vector<std::string> paths;
  paths.reserve(unknown.size());
  for (const auto& breadcrumb : unknown) paths.push_back(path_of(breadcrumb));
  return paths;
}

json::object with_selection(json::object catalog, const std::vector<CatalogEntry>& entries) {
  auto entry = entries.begin();
  for (auto& value : catalog.at("streams").as_array()) {
    auto& stream = value.as_object();
    if (entry == entries.end() || entry->name != name_of(stream)) continue;
    auto& metadata = stream["metadata"];
    if (!metadata.is_array()) metadata.emplace_array();
    write_selected(metadata.get_array(), Breadcrumb(), entry->is_selected);
    if (entry->is_selected) write_selected(metadata.get_array(), entry->columns);
    ++entry;
  }
  return catalog;
}

}  // namespace tapster::host
