// Where columns are in a source's records.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tapster {

// A member of the source's record that is a column, or on the way to one.
struct ColumnNode {
  std::string name;
  std::vector<size_t> fields;  // indexes into the projection's fields
  std::vector<ColumnNode> children;

  // Adds a field at a path below this one: "/Geo/City".
  void insert(std::string_view path, size_t field);
};

}  // namespace tapster
