// The streams that can be selected: each as the connector discovered it, with what a given catalog says of it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "metadata.hpp"

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
// Throws WrongShape where `given` is none, or has a stream that `discovered` has not.
std::vector<Candidate> candidates_of(const json::object& discovered, const json::object* given);

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

}  // namespace tapster::host
