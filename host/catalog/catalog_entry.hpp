// The streams that can be selected: each as the connector discovered it, with what a given catalog says of it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "catalog/metadata.hpp"

namespace tapster::host {

// Refers to the catalogs, which have to outlive it.
struct Candidate {
  std::string name;  // tap_stream_id
  const json::object* discovered;
  const json::object* given = nullptr;  // null without a given catalog
  std::string path;                     // where it is in the catalog, for messages: streams[3]
  Metadata discovered_metadata;
  Metadata given_metadata;
  std::optional<bool> selected;  // by the given catalog, in whichever way it says so
  std::set<std::string, std::less<>>
      automatic;  // columns of the key and the replication key, which are always read

  // Whether it is read when nobody selects by pattern.
  [[nodiscard]] bool is_selected() const;
  // What the given catalog says of a place, and the discovered one where that says nothing.
  [[nodiscard]] Marks marks(const Breadcrumb& breadcrumb) const;
};

// The candidates of a discovered catalog, or of the streams of `given` where that is not null, in its order.
// A stream of `given` that is not selected and that `discovered` has not is none: the catalog may have been made
// with another config. Throws WrongShape where `given` is none, has no streams, or selects one that
// `discovered` has not.
std::vector<Candidate> candidates_of(const json::object& discovered, const json::object* given);

// The tap_stream_id of a catalog's stream, or what the oldest catalogs have in its place; empty for none.
std::string_view name_of(const json::object& stream);

std::vector<std::string> names_of(const std::vector<Candidate>& candidates);

// A column, or a property inside one: of an object, or of the objects of an array.
struct Property {
  Breadcrumb breadcrumb;
  std::string path;  // dotted, "to.Email": the items of an array are no step
  bool is_automatic;
  bool is_unsupported;
  bool is_selected;  // by the catalogs, where its parents are
  std::vector<Property> inside;
};

// The columns of a candidate, in the schema's order.
std::vector<Property> properties_of(const Candidate& candidate);

// The dotted paths of the columns, and of what is inside them, that the given catalog selects and that are none of
// these, the candidate's own. Of what is not there the inside is not told.
std::vector<std::string> unknown_columns(const Candidate& candidate, const std::vector<Property>& own);

// The dotted paths of columns and of all that is inside them.
std::vector<std::string> paths_of(const std::vector<Property>& properties);

}  // namespace tapster::host
