// The paths of the columns in a source's records, as a tree.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tapster {

// A member of the source's record that is a column, or an object that contains one.
struct ColumnNode {
  std::string name;
  std::vector<size_t> fields;  // the columns read from it, as indexes into the projection's fields
  std::vector<ColumnNode> children;

  // Adds a field at a path below this node, such as "/Geo/City".
  void insert(std::string_view path, size_t field);
};

}  // namespace tapster
