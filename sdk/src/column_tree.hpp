// The paths of the columns in a source's records, as a tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tapster {

// A member of the source's record that is a column, or an object that contains one.
struct ColumnNode {
  std::string name;
  std::vector<size_t> fields;  // the columns read from it, as indexes into the projection's fields
  std::vector<ColumnNode> children;
  bool is_read = false;  // it or a node below it has a field
  // The members that came first in it, and next after it, in the last record: indexes into the children of
  // it, and of its parent. Members usually have the same order in every record.
  size_t first = 0, next = 0;

  // Adds a field at a path below this node, such as "/Geo/City"; without one, only makes the path known.
  void insert(std::string_view path, std::optional<size_t> field = std::nullopt);
};

}  // namespace tapster
