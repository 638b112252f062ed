#include "catalog/stream_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "catalog/catalog_entry.hpp"
#include "catalog/patterns.hpp"
#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace {

// One step of a JSON Pointer: https://www.rfc-editor.org/rfc/rfc6901#section-3
std::string escape(std::string_view key) {
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

// Takes what is not selected out of a stream's schema, and lists what stays.
class Projection {
 public:
  Projection(const json::object& schema, const std::vector<Property>& properties)
      : schema_(prune(schema, properties, "")) {}

  [[nodiscard]] json::object take_schema() { return std::move(schema_); }
  [[nodiscard]] bool is_empty() const { return columns_.empty(); }
  // As SelectedStream::columns.
  [[nodiscard]] std::string columns() const { return left_out_ > 0 ? json::serialize(columns_) : ""; }

 private:
  json::object prune(const json::object& schema, const std::vector<Property>& properties,
                     const std::string& pointer) {
    auto out = schema;
    if (const auto* items = find_object(schema, "items")) {
      out["items"] = prune(*items, properties, pointer);
      return out;
    }
    const auto* found = find_object(schema, "properties");
    if (found == nullptr) return out;
    json::object kept;
    for (const auto& property : properties) {
      const auto& name = property.breadcrumb.back();
      if (!property.is_selected) {
        ++left_out_;
        continue;
      }
      keep(name, found->at(name), property, pointer + "/" + escape(name), kept);
    }
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

  void keep(std::string_view name, const json::value& schema, const Property& property,
            const std::string& pointer, json::object& kept) {
    const auto columns = columns_.size();
    const auto left_out = left_out_;
    const auto* object = schema.if_object();
    json::value pruned = object == nullptr ? schema : json::value(prune(*object, property.inside, pointer));
    // A pointer stands for all that is below it. What is whole is not looked into again for each record.
    if (left_out_ == left_out) {
      columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(columns), columns_.end());
      columns_.emplace_back(pointer);
    }
    if (columns_.size() > columns) kept[name] = std::move(pruned);
  }

  json::array columns_;
  size_t left_out_ = 0;
  json::object schema_;  // last, as its making fills the others
};

// How a stream is read, by its own nature and as a person has asked for in the catalog.
class Replication {
 public:
  explicit Replication(const Candidate& candidate) : candidate_(candidate) {
    const auto* method = find_string(*candidate.discovered, "replication_method");
    const auto* key = find_string(*candidate.discovered, "replication_key");
    if (key != nullptr && method != nullptr && *method == "INCREMENTAL") own_key_ = view(*key);
  }

  // The replication key; empty where the stream is read in full. Throws WrongShape for what cannot be.
  [[nodiscard]] std::string key() const {
    auto method = asked("replication-method", "replication_method");
    if (method.empty()) method = own_key_.empty() ? "FULL_TABLE" : "INCREMENTAL";
    if (method != "FULL_TABLE" && method != "INCREMENTAL")
      refuse(fmt::format("its replication-method has to be FULL_TABLE or INCREMENTAL, and is {}", method));
    const auto& forced = read_text(candidate_.discovered_metadata.root(), "forced-replication-method",
                                   candidate_.path + ".metadata");
    if ((method == "INCREMENTAL" && own_key_.empty()) ||
        (method == "FULL_TABLE" && forced == "INCREMENTAL")) {
      refuse(fmt::format("its replication-method cannot be {}: it can only be read {}", method,
                         own_key_.empty() ? "in full, FULL_TABLE" : "as INCREMENTAL"));
    }
    if (method == "FULL_TABLE") return {};
    const auto key = asked("replication-key", "replication_key");
    if (!key.empty() && key != own_key_)
      refuse(fmt::format(R"(its replication-key cannot be "{}": it has to be "{}")", key, own_key_));
    return own_key_;
  }

 private:
  // In metadata, or as older catalogs have it beside the stream's name.
  [[nodiscard]] std::string asked(std::string_view in_metadata, std::string_view in_stream) const {
    if (candidate_.given == nullptr) return {};
    auto text = read_text(candidate_.given_metadata.root(), in_metadata, candidate_.path + ".metadata");
    return text.empty() ? read_text(*candidate_.given, in_stream, candidate_.path) : text;
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw WrongShape{fmt::format("{}: the stream \"{}\": {}", candidate_.path, candidate_.name, why)};
  }

  const Candidate& candidate_;
  std::string own_key_;
};

// The stream's own key; where it has none, the columns that a person has named as one.
std::vector<std::string> key_properties(const Candidate& candidate, const std::vector<Property>& columns) {
  std::vector<std::string> keys;
  const auto* own = find_array(*candidate.discovered, "key_properties");
  for (size_t i = 0; own != nullptr && i < own->size(); ++i) keys.emplace_back(view((*own)[i].as_string()));
  const auto* asked = candidate.given_metadata.root().if_contains("view-key-properties");
  if (!keys.empty() || asked == nullptr || asked->is_null()) return keys;
  const auto path = candidate.path + ".metadata.view-key-properties";
  if (!asked->is_array()) wrong(path, "an array of columns");
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const auto& column : columns) names.push_back(column.path);
  for (const auto& value : asked->get_array()) {
    if (!value.is_string()) wrong(path, "an array of columns");
    const auto name = view(value.get_string());
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw WrongShape{fmt::format(R"({}: the stream "{}" has no column "{}"{})", path, candidate.name, name,
                                   did_you_mean(name, names))};
    }
    keys.emplace_back(name);
  }
  return keys;
}

Outcome<SelectedStream> to_stream(const Candidate& candidate, const std::string& catalog_file) {
  SelectedStream stream;
  stream.name = candidate.name;
  stream.alias = candidate.name;
  for (const auto* catalog : {candidate.discovered, candidate.given}) {
    const auto* alias = catalog == nullptr ? nullptr : find_string(*catalog, "stream_alias");
    if (alias != nullptr && !alias->empty()) stream.alias = view(*alias);
  }
  stream.replication_key = Replication(candidate).key();
  auto properties = properties_of(candidate);
  stream.key_properties = key_properties(candidate, properties);
  for (const auto& column : unknown_columns(candidate, properties)) {
    stream.warnings.push_back(fmt::format(R"({}: the stream "{}" has no column "{}"{})", catalog_file,
                                          stream.name, column, did_you_mean(column, paths_of(properties))));
  }
  for (auto& column : properties) {
    const auto& keys = stream.key_properties;
    if (std::find(keys.begin(), keys.end(), column.path) != keys.end()) column.is_selected = true;
  }
  Projection projection(*find_object(*candidate.discovered, "schema"), properties);
  if (projection.is_empty()) {
    return fail(Exit::usage, fmt::format("{}: the stream \"{}\" is selected, and none of its columns is",
                                         catalog_file, stream.name));
  }
  stream.columns = projection.columns();
  stream.schema = projection.take_schema();
  return stream;
}

// "the connector's catalog", or the given one's file.
std::string name_of_catalog(const SelectionOptions& options) {
  return options.catalog_file.empty() ? "the connector's catalog" : options.catalog_file;
}

Outcome<std::vector<SelectedStream>> select(const std::vector<Candidate>& candidates,
                                            const SelectionOptions& options) {
  std::vector<SelectedStream> streams;
  std::set<std::string, std::less<>> aliases;
  for (const auto& candidate : candidates) {
    if (!candidate.is_selected()) continue;
    auto stream = to_stream(candidate, name_of_catalog(options));
    if (!stream) return tl::unexpected(std::move(stream).error());
    if (!aliases.insert(stream->alias).second) {
      return fail(Exit::usage, fmt::format("{}: two streams would be written as \"{}\"",
                                           name_of_catalog(options), stream->alias));
    }
    streams.push_back(*std::move(stream));
  }
  if (candidates.empty()) {
    return fail(Exit::usage, options.catalog_file.empty()
                                 ? "no stream is selected: the connector offers none"
                                 : fmt::format("no stream is selected: {} has none that the connector offers",
                                               options.catalog_file));
  }
  if (streams.empty()) {
    return fail(Exit::usage, fmt::format("no stream is selected; choose with --select from those of {}: {}",
                                         name_of_catalog(options), fmt::join(names_of(candidates), ", ")));
  }
  return streams;
}

}  // namespace

Outcome<std::vector<SelectedStream>> select_streams(const json::object& discovered, const json::object* given,
                                                    const SelectionOptions& options) {
  json::object marked;
  if (!options.patterns.is_empty()) {
    auto done = mark(discovered, given, options.patterns, options.catalog_file);
    if (!done) return tl::unexpected(std::move(done).error());
    marked = *std::move(done);
    given = &marked;
  }
  try {
    return select(candidates_of(discovered, given), options);
  } catch (const WrongShape& shape) {
    return fail(given == nullptr ? Exit::failed : Exit::usage,
                fmt::format("{}: {}", name_of_catalog(options), shape.message));
  }
}

}  // namespace tapster::host
