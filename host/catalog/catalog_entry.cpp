#include "catalog/catalog_entry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace {

std::vector<Candidate> discovered_candidates(const json::object& catalog) {
  std::vector<Candidate> candidates;
  const auto* streams = find_array(catalog, "streams");
  for (size_t i = 0; streams != nullptr && i < streams->size(); ++i) {
    Candidate candidate;
    candidate.path = fmt::format("streams[{}]", i);
    const auto* stream = (*streams)[i].if_object();
    if (stream == nullptr) wrong(candidate.path, "an object");
    candidate.discovered = stream;
    candidate.name = read_text(*stream, "tap_stream_id", candidate.path);
    if (candidate.name.empty()) wrong(candidate.path + ".tap_stream_id", "a string");
    candidate.discovered_metadata = Metadata(*stream, candidate.path);
    if (const auto* keys = find_array(*stream, "key_properties")) {
      for (const auto& key : *keys) {
        if (!key.is_string()) wrong(candidate.path + ".key_properties", "an array of columns");
        candidate.automatic.emplace(view(key.get_string()));
      }
    }
    if (const auto* key = find_string(*stream, "replication_key")) candidate.automatic.emplace(view(*key));
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// The stream's selection in metadata, or in the old ways: beside the stream's name, or in its schema.
std::optional<bool> read_selected(const json::object& stream, const Metadata& metadata,
                                  const std::string& path) {
  if (const auto selected = metadata.at({}).selected) return selected;
  if (const auto selected = read_flag(stream, "selected", path)) return selected;
  const auto* schema = find_object(stream, "schema");
  return schema == nullptr ? std::nullopt : read_flag(*schema, "selected", path + ".schema");
}

// `given` is the same schema in the given catalog, if that has it: the oldest ones select there.
std::vector<Property> read_properties(const Candidate& candidate, const json::object& schema,
                                      const json::object* given, const Breadcrumb& breadcrumb,
                                      const std::string& path) {
  const auto descend = [&](std::string_view key) {
    return given == nullptr ? nullptr : find_object(*given, key);
  };
  if (const auto* items = find_object(schema, "items"); items != nullptr) {
    auto below = breadcrumb;
    below.emplace_back("items");
    return read_properties(candidate, *items, descend("items"), below, path);
  }
  std::vector<Property> properties;
  const auto* found = find_object(schema, "properties");
  if (found == nullptr) return properties;
  const auto* given_properties = descend("properties");
  for (const auto& [key, value] : *found) {
    Property property;
    property.breadcrumb = breadcrumb;
    property.breadcrumb.insert(property.breadcrumb.end(), {"properties", std::string(key)});
    property.path = path.empty() ? std::string(key) : fmt::format("{}.{}", path, std::string_view(key));
    const auto marks = candidate.marks(property.breadcrumb);
    const auto* given_property = given_properties == nullptr ? nullptr : find_object(*given_properties, key);
    property.is_unsupported = marks.inclusion == "unsupported";
    property.is_automatic =
        !property.is_unsupported &&
        (marks.inclusion == "automatic" || (breadcrumb.empty() && candidate.automatic.contains(key)));
    auto selected = marks.selected;
    if (!selected && given_property != nullptr)
      selected = read_flag(*given_property, "selected",
                           fmt::format("{}.schema.{}", candidate.path, fmt::join(property.breadcrumb, ".")));
    property.is_selected = property.is_automatic ||
                           (!property.is_unsupported && selected.value_or(marks.by_default.value_or(true)));
    if (const auto* object = value.if_object())
      property.inside =
          read_properties(candidate, *object, given_property, property.breadcrumb, property.path);
    properties.push_back(std::move(property));
  }
  return properties;
}

// Adds what is selected of `given` and is not `known`.
void find_unknown(const std::vector<Property>& given, const std::set<Breadcrumb>& known,
                  std::vector<Breadcrumb>& unknown) {
  for (const auto& property : given) {
    if (!property.is_selected) continue;
    if (known.contains(property.breadcrumb))
      find_unknown(property.inside, known, unknown);
    else
      unknown.push_back(property.breadcrumb);
  }
}

void collect(const std::vector<Property>& properties, std::set<Breadcrumb>& breadcrumbs) {
  for (const auto& property : properties) {
    breadcrumbs.insert(property.breadcrumb);
    collect(property.inside, breadcrumbs);
  }
}

void collect(const std::vector<Property>& properties, std::vector<std::string>& paths) {
  for (const auto& property : properties) {
    paths.push_back(property.path);
    collect(property.inside, paths);
  }
}

// As Property::path.
std::string path_of(const Breadcrumb& breadcrumb) {
  std::string path;
  for (size_t i = 0; i + 1 < breadcrumb.size(); ++i) {
    if (breadcrumb[i] != "properties") continue;
    ++i;  // the name, which may be "properties" as well
    path += (path.empty() ? "" : ".") + breadcrumb[i];
  }
  return path;
}

// Whether a place, or one that it is in, is one of these.
bool is_in(const std::vector<Breadcrumb>& places, const Breadcrumb& breadcrumb) {
  return std::any_of(places.begin(), places.end(), [&](const Breadcrumb& place) {
    return place.size() <= breadcrumb.size() && std::equal(place.begin(), place.end(), breadcrumb.begin());
  });
}

}  // namespace

bool Candidate::is_selected() const {
  if (given == nullptr) return discovered_metadata.at({}).by_default.value_or(true);
  return selected.value_or(marks({}).by_default.value_or(false));
}

Marks Candidate::marks(const Breadcrumb& breadcrumb) const {
  return given_metadata.at(breadcrumb).over(discovered_metadata.at(breadcrumb));
}

std::vector<Candidate> candidates_of(const json::object& discovered, const json::object* given) {
  auto known = discovered_candidates(discovered);
  if (given == nullptr) return known;
  const auto* streams = find_array(*given, "streams");
  if (streams == nullptr) wrong("streams", "an array");
  if (streams->empty())
    throw WrongShape{"the catalog has no streams; tapster discover writes a catalog that has"};
  std::vector<Candidate> candidates;
  std::set<std::string, std::less<>> seen;
  for (size_t i = 0; i < streams->size(); ++i) {
    const auto path = fmt::format("streams[{}]", i);
    const auto* stream = (*streams)[i].if_object();
    if (stream == nullptr) wrong(path, "an object");
    const auto name = name_of(*stream);
    if (name.empty()) wrong(path + ".tap_stream_id", "a string");
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const Candidate& candidate) { return candidate.name == name; });
    Metadata metadata(*stream, path);
    const auto selected = read_selected(*stream, metadata, path);
    if (same == known.end()) {
      if (!selected.value_or(metadata.at({}).by_default.value_or(false))) continue;
      throw WrongShape{fmt::format("{}: the connector has no stream \"{}\"{}", path, name,
                                   did_you_mean(name, names_of(known)))};
    }
    if (!seen.emplace(name).second) {
      throw WrongShape{fmt::format("{}: the stream \"{}\" is there twice", path, name)};
    }
    auto candidate = *same;
    candidate.given = stream;
    candidate.path = path;
    candidate.given_metadata = std::move(metadata);
    candidate.selected = selected;
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

std::string_view name_of(const json::object& stream) {
  for (const auto* key : {"tap_stream_id", "stream"}) {
    if (const auto* name = find_string(stream, key)) return view(*name);
  }
  return {};
}

std::vector<std::string> names_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  names.reserve(candidates.size());
  for (const auto& candidate : candidates) names.push_back(candidate.name);
  return names;
}

std::vector<Property> properties_of(const Candidate& candidate) {
  const auto* schema = find_object(*candidate.discovered, "schema");
  if (schema == nullptr) return {};
  const auto* given = candidate.given == nullptr ? nullptr : find_object(*candidate.given, "schema");
  return read_properties(candidate, *schema, given, {}, {});
}

std::vector<std::string> unknown_columns(const Candidate& candidate, const std::vector<Property>& own) {
  if (candidate.given == nullptr) return {};
  std::set<Breadcrumb> known;
  collect(own, known);
  std::vector<Breadcrumb> unknown;
  if (const auto* schema = find_object(*candidate.given, "schema"))
    find_unknown(read_properties(candidate, *schema, schema, {}, {}), known, unknown);
  const auto left_out = candidate.given_metadata.selected(false);
  for (const auto& breadcrumb : candidate.given_metadata.selected(true)) {
    if (!known.contains(breadcrumb) && !is_in(unknown, breadcrumb) && !is_in(left_out, breadcrumb))
      unknown.push_back(breadcrumb);
  }
  std::vector<std::string> paths;
  paths.reserve(unknown.size());
  for (const auto& breadcrumb : unknown) paths.push_back(path_of(breadcrumb));
  return paths;
}

std::vector<std::string> paths_of(const std::vector<Property>& properties) {
  std::vector<std::string> paths;
  collect(properties, paths);
  return paths;
}

}  // namespace tapster::host
