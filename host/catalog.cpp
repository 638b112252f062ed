#include "catalog.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "suggestion.hpp"

namespace tapster::host {

namespace {

using Breadcrumb = std::vector<std::string>;

// Thrown inside this file alone, where a catalog's shape is wrong at any depth; select_streams turns it into
// a Failure.
struct WrongShape {
  std::string message;
};

[[noreturn]] void wrong(std::string_view path, std::string_view expected) {
  throw WrongShape{fmt::format("{} has to be {}", path, expected)};
}

// A flag of a catalog. People and tools write "true" too.
std::optional<bool> read_flag(const json::object& object, std::string_view key, std::string_view path) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  if (const auto* text = value->if_string()) {
    if (*text == "true" || *text == "True") return true;
    if (*text == "false" || *text == "False") return false;
  }
  wrong(fmt::format("{}.{}", path, key), "true or false");
}

// What the metadata says of one place; what it does not say is empty.
struct Marks {
  std::optional<bool> selected;
  std::optional<bool> by_default;
  std::string inclusion;

  // These marks, and `others` where these say nothing.
  [[nodiscard]] Marks over(const Marks& others) const {
    return {selected ? selected : others.selected, by_default ? by_default : others.by_default,
            inclusion.empty() ? others.inclusion : inclusion};
  }
};

// A stream's metadata by breadcrumb.
class Metadata {
 public:
  Metadata() = default;
  Metadata(const json::object& stream, const std::string& path) {
    const auto* value = stream.if_contains("metadata");
    if (value == nullptr || value->is_null()) return;
    const auto* entries = value->if_array();
    if (entries == nullptr) wrong(path + ".metadata", "an array");
    for (size_t i = 0; i < entries->size(); ++i) add((*entries)[i], fmt::format("{}.metadata[{}]", path, i));
  }

  [[nodiscard]] Marks at(const Breadcrumb& breadcrumb) const {
    const auto found = marks_.find(breadcrumb);
    return found == marks_.end() ? Marks() : found->second;
  }

 private:
  void add(const json::value& value, const std::string& path) {
    const auto* entry = value.if_object();
    if (entry == nullptr) wrong(path, "an object");
    const auto* steps = find_array(*entry, "breadcrumb");
    if (steps == nullptr) wrong(path + ".breadcrumb", "an array");
    Breadcrumb breadcrumb;
    for (const auto& step : *steps) {
      if (!step.is_string()) wrong(path + ".breadcrumb", "an array of strings");
      breadcrumb.emplace_back(view(step.get_string()));
    }
    const auto* metadata = find_object(*entry, "metadata");
    if (metadata == nullptr) wrong(path + ".metadata", "an object");
    const auto inside = path + ".metadata";
    const auto* inclusion = find_string(*metadata, "inclusion");
    marks_[breadcrumb] = {read_flag(*metadata, "selected", inside),
                          read_flag(*metadata, "selected-by-default", inside),
                          inclusion == nullptr ? std::string() : std::string(view(*inclusion))};
  }

  std::map<Breadcrumb, Marks> marks_;
};

// A stream as the connector discovered it, with what a given catalog says of it.
struct Candidate {
  std::string name;
  const json::object* discovered;
  const json::object* given = nullptr;  // null without a given catalog
  Metadata discovered_metadata;
  Metadata given_metadata;
  std::optional<bool> selected;  // by the given catalog, in whichever way it says so
};

std::vector<Candidate> discovered_candidates(const json::object& catalog) {
  std::vector<Candidate> candidates;
  const auto* streams = find_array(catalog, "streams");
  for (size_t i = 0; streams != nullptr && i < streams->size(); ++i) {
    const auto& stream = (*streams)[i].as_object();
    Candidate candidate;
    candidate.name = view(*find_string(stream, "tap_stream_id"));
    candidate.discovered = &stream;
    candidate.discovered_metadata = Metadata(stream, fmt::format("streams[{}]", i));
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

std::vector<std::string> names_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  for (const auto& candidate : candidates) names.push_back(candidate.name);
  return names;
}

// The given catalog's streams, in its order.
std::vector<Candidate> given_candidates(const json::object& catalog,
                                        const std::vector<Candidate>& discovered) {
  const auto* streams = find_array(catalog, "streams");
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
    const auto known = std::find_if(discovered.begin(), discovered.end(), [&](const Candidate& candidate) {
      return candidate.name == view(*name);
    });
    if (known == discovered.end()) {
      throw WrongShape{fmt::format("{}: the connector has no stream \"{}\"{}", path, view(*name),
                                   did_you_mean(*name, names_of(discovered)))};
    }
    if (!seen.emplace(view(*name)).second) {
      throw WrongShape{fmt::format("{}: the stream \"{}\" is there twice", path, view(*name))};
    }
    auto candidate = *known;
    candidate.given = stream;
    candidate.given_metadata = Metadata(*stream, path);
    candidate.selected = candidate.given_metadata.at({}).selected;
    if (!candidate.selected) candidate.selected = read_flag(*stream, "selected", path);
    if (const auto* schema = find_object(*stream, "schema"); schema != nullptr && !candidate.selected) {
      candidate.selected = read_flag(*schema, "selected", path + ".schema");
    }
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

bool is_selected(const Candidate& candidate) {
  if (candidate.given == nullptr) return candidate.discovered_metadata.at({}).by_default.value_or(true);
  if (candidate.selected) return *candidate.selected;
  return candidate.given_metadata.at({})
      .over(candidate.discovered_metadata.at({}))
      .by_default.value_or(false);
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
}

// A pattern that matches nothing is a slip of the pen, and would silently read less or more than was meant.
Outcome<void> check_patterns(std::string_view option, const std::vector<std::string>& patterns,
                             const std::vector<Candidate>& candidates) {
  const auto names = names_of(candidates);
  for (const auto& pattern : patterns) {
    if (std::any_of(names.begin(), names.end(),
                    [&](const auto& name) { return matches_any({pattern}, name); }))
      continue;
    const auto hint = did_you_mean(pattern, names);
    return fail(Exit::usage, fmt::format("{} \"{}\" matches no stream{} The streams are {}", option, pattern,
                                         hint.empty() ? "." : hint, fmt::join(names, ", ")));
  }
  return {};
}

// Chooses the columns of one stream.
class Projection {
 public:
  explicit Projection(const Candidate& candidate, std::set<std::string, std::less<>> always)
      : candidate_(candidate), always_(std::move(always)) {
    const auto* schema = candidate.given == nullptr ? nullptr : find_object(*candidate.given, "schema");
    schema_ = prune(*find_object(*candidate.discovered, "schema"), schema, {}, "");
  }

  // The schema without the columns that were left out.
  [[nodiscard]] json::object take_schema() { return std::move(schema_); }
  [[nodiscard]] bool is_empty() const { return columns_.empty(); }
  // As SelectedStream::columns.
  [[nodiscard]] std::string columns() const { return left_out_ ? json::serialize(columns_) : std::string(); }

 private:
  // `given` is the same schema in the given catalog, if that has it: the oldest ones select there.
  json::object prune(const json::object& schema, const json::object* given, const Breadcrumb& breadcrumb,
                     const std::string& pointer) {
    const auto* given_properties = given == nullptr ? nullptr : find_object(*given, "properties");
    json::object kept;
    for (const auto& [key, value] : *find_object(schema, "properties")) {
      const auto* given_property =
          given_properties == nullptr ? nullptr : find_object(*given_properties, key);
      auto below = breadcrumb;
      below.insert(below.end(), {"properties", std::string(key)});
      if (!is_kept(below, given_property)) {
        left_out_ = true;
        continue;
      }
      const auto column = pointer + "/" + escape(key);
      const auto* object = value.if_object();
      if (object == nullptr || find_object(*object, "properties") == nullptr) {
        columns_.emplace_back(column);
        kept[key] = value;
        continue;
      }
      auto inner = prune(*object, given_property, below, column);
      if (find_object(inner, "properties")->empty() && !find_object(*object, "properties")->empty()) continue;
      kept[key] = std::move(inner);
    }
    json::object out = schema;
    if (const auto* required = find_array(schema, "required")) {
      json::array still;
      for (const auto& key : *required) {
        if (key.is_string() && kept.contains(key.get_string())) still.push_back(key);
      }
      out["required"] = std::move(still);
    }
    out["properties"] = std::move(kept);
    return out;
  }

  bool is_kept(const Breadcrumb& breadcrumb, const json::object* given_property) const {
    const auto given = candidate_.given_metadata.at(breadcrumb);
    const auto marks = given.over(candidate_.discovered_metadata.at(breadcrumb));
    if (marks.inclusion == "unsupported") return false;
    if (marks.inclusion == "automatic" || (breadcrumb.size() == 2 && always_.contains(breadcrumb[1])))
      return true;
    if (marks.selected) return *marks.selected;
    if (given_property != nullptr) {
      const auto flag =
          read_flag(*given_property, "selected", fmt::format("the schema of {}", candidate_.name));
      if (flag) return *flag;
    }
    return marks.by_default.value_or(true);
  }

  // One step of a JSON Pointer: https://www.rfc-editor.org/rfc/rfc6901#section-3
  static std::string escape(std::string_view key) {
    std::string out;
    for (const char c : key) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
    return out;
  }

  const Candidate& candidate_;
  std::set<std::string, std::less<>> always_;
  json::object schema_;
  json::array columns_;
  bool left_out_ = false;
};

Outcome<SelectedStream> to_stream(const Candidate& candidate, const std::string& catalog_file) {
  SelectedStream stream;
  stream.name = candidate.name;
  stream.alias = candidate.name;
  for (const auto* catalog : {candidate.discovered, candidate.given}) {
    const auto* alias = catalog == nullptr ? nullptr : find_string(*catalog, "stream_alias");
    if (alias != nullptr && !alias->empty()) stream.alias = view(*alias);
  }
  std::set<std::string, std::less<>> always;
  if (const auto* keys = find_array(*candidate.discovered, "key_properties")) {
    for (const auto& key : *keys) {
      stream.key_properties.emplace_back(view(key.as_string()));
      always.emplace(view(key.as_string()));
    }
  }
  const auto* method = find_string(*candidate.discovered, "replication_method");
  const auto* key = find_string(*candidate.discovered, "replication_key");
  if (key != nullptr && method != nullptr && *method == "INCREMENTAL") {
    stream.replication_key = view(*key);
    always.insert(stream.replication_key);
  }
  Projection projection(candidate, std::move(always));
  if (projection.is_empty()) {
    return fail(Exit::usage, fmt::format("{}: the stream \"{}\" is selected, and none of its columns is",
                                         catalog_file, stream.name));
  }
  stream.columns = projection.columns();
  stream.schema = projection.take_schema();
  return stream;
}

Outcome<std::vector<SelectedStream>> select(const std::vector<Candidate>& candidates,
                                            const SelectionOptions& options) {
  if (auto done = check_patterns("--select", options.select, candidates); !done) {
    return tl::unexpected(std::move(done).error());
  }
  if (auto done = check_patterns("--exclude", options.exclude, candidates); !done) {
    return tl::unexpected(std::move(done).error());
  }

  std::vector<SelectedStream> streams;
  std::set<std::string, std::less<>> aliases;
  for (const auto& candidate : candidates) {
    const bool chosen =
        options.select.empty() ? is_selected(candidate) : matches_any(options.select, candidate.name);
    if (!chosen || matches_any(options.exclude, candidate.name)) continue;
    auto stream = to_stream(candidate, options.catalog_file);
    if (!stream) return tl::unexpected(std::move(stream).error());
    if (!aliases.insert(stream->alias).second) {
      return fail(Exit::usage, fmt::format("two streams would be written as \"{}\"", stream->alias));
    }
    streams.push_back(*std::move(stream));
  }
  if (streams.empty()) {
    const auto where = options.catalog_file.empty() ? "the connector's catalog" : options.catalog_file;
    return fail(Exit::usage, fmt::format("no stream is selected; choose with --select from those of {}: {}",
                                         where, fmt::join(names_of(candidates), ", ")));
  }
  return streams;
}

}  // namespace

Outcome<std::vector<SelectedStream>> select_streams(const json::object& discovered, const json::object* given,
                                                    const SelectionOptions& options) {
  std::vector<Candidate> candidates;
  try {
    candidates = discovered_candidates(discovered);
  } catch (const WrongShape& shape) {
    return fail(Exit::failed, fmt::format("the connector's catalog: {}", shape.message));
  }
  try {
    if (given != nullptr) candidates = given_candidates(*given, candidates);
    return select(candidates, options);
  } catch (const WrongShape& shape) {
    return fail(Exit::usage, fmt::format("{}: {}", options.catalog_file, shape.message));
  }
}

}  // namespace tapster::host
