#include "candidate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suggestion.hpp"

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
  std::vector<Candidate> candidates;
  std::set<std::string, std::less<>> seen;
  for (size_t i = 0; i < streams->size(); ++i) {
    const auto path = fmt::format("streams[{}]", i);
    const auto* stream = (*streams)[i].if_object();
    if (stream == nullptr) wrong(path, "an object");
    const auto* name = find_string(*stream, "tap_stream_id");
    if (name == nullptr) name = find_string(*stream, "stream");  // the oldest catalogs have nothing else
    if (name == nullptr) wrong(path + ".tap_stream_id", "a string");
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const Candidate& candidate) { return candidate.name == view(*name); });
    if (same == known.end()) {
      throw WrongShape{fmt::format("{}: the connector has no stream \"{}\"{}", path, view(*name),
                                   did_you_mean(*name, names_of(known)))};
    }
    if (!seen.emplace(view(*name)).second) {
      throw WrongShape{fmt::format("{}: the stream \"{}\" is there twice", path, view(*name))};
    }
    auto candidate = *same;
    candidate.given = stream;
    candidate.path = path;
    candidate.given_metadata = Metadata(*stream, path);
    candidate.selected = read_selected(*stream, candidate.given_metadata, path);
    candidates.push_back(std::move(candidate));
  }
  return candidates;
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

}  // namespace tapster::host
