// The members of a response that lead to its records, or are values of the page, as a tree.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "json_pointer.hpp"

namespace tapster {

struct AroundNode {
  std::string name;
  std::vector<AroundNode> children = {};
  bool is_records = false;
  std::vector<size_t> values = {};  // indexes into Page::values
};

// The node at a JSON Pointer; it is added if the tree has none.
inline AroundNode& node_at(AroundNode& root, std::string_view pointer) {
  auto* node = &root;
  while (!pointer.empty()) {
    auto name = take_token(pointer);
    auto& children = node->children;
    auto found =
        std::find_if(children.begin(), children.end(), [&](const AroundNode& c) { return c.name == name; });
    if (found == children.end()) found = children.insert(children.end(), {std::move(name)});
    node = &*found;
  }
  return *node;
}

}  // namespace tapster
