// What is selected of a catalog, as values that can be changed, and a catalog that says so.
#pragma once

#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

// What is selected of one stream.
struct StreamMarks {
  std::string name;  // tap_stream_id
  bool is_selected;
  std::vector<Property> columns;
};

// What the streams of `given`, or else of `discovered`, have selected, in their order: see candidates_of. Throws
// WrongShape.
std::vector<StreamMarks> marks_of(const json::object& discovered, const json::object* given);

// The catalog with "selected" in the metadata of every stream that has marks, and of the columns of those that are.
// `marks` are in the order of its streams. Nothing else changes.
json::object with_marks(json::object catalog, const std::vector<StreamMarks>& marks);

}  // namespace tapster::host
