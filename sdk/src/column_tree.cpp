#include "column_tree.hpp"

#include <algorithm>

#include "json_pointer.hpp"

namespace tapster {

namespace {

ColumnNode& child(ColumnNode& node, std::string_view name) {
  const auto found = std::find_if(node.children.begin(), node.children.end(),
                                  [&](const ColumnNode& c) { return c.name == name; });
  if (found != node.children.end()) return *found;
  node.children.push_back({std::string(name), {}, {}, false});
  return node.children.back();
}

}  // namespace

void ColumnNode::insert(std::string_view path, std::optional<size_t> field) {
  auto* node = this;
  while (!path.empty()) {
    node = &child(*node, take_token(path));
    node->is_read = node->is_read || field;
  }
  if (field) node->fields.push_back(*field);
}

}  // namespace tapster
