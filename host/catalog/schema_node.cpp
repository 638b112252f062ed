#include "catalog/schema_node.hpp"

#include <algorithm>
#include <cmath>

namespace tapster::host {

namespace {

bool is_whole(const json::value& value) {
  const auto* number = value.if_double();
  return number != nullptr && std::trunc(*number) == *number;
}

}  // namespace

Place same(const Place& outer) {
  return {.outer = &outer, .value = outer.value};
}

Place member(const Place& outer, std::string_view key, const json::value* value) {
  return {.outer = &outer, .value = value, .step = Place::Step::member, .key = key};
}

Place item(const Place& outer, size_t index) {
  return {
      .outer = &outer, .value = &outer.value->get_array()[index], .step = Place::Step::item, .index = index};
}

bool report(const Place& place, std::string_view keyword, Violations violations) {
  if (violations == nullptr) return false;
  auto& violation = violations->emplace_back(Violation{{}, place.value, keyword, {}});
  for (const auto* at = &place; at != nullptr; at = at->outer) {
    if (at->step == Place::Step::member) violation.path.emplace_back(std::string(at->key));
    if (at->step == Place::Step::item) violation.path.emplace_back(at->index);
    if (at->schema != nullptr) violation.schemas.push_back(at->schema);
  }
  std::reverse(violation.path.begin(), violation.path.end());
  std::reverse(violation.schemas.begin(), violation.schemas.end());
  return false;
}

bool is_valid(const Node& node, Place place, Violations violations) {
  if (node.is_false) return report(place, "false", violations);
  place.schema = node.schema;
  if (node.reference != nullptr) return is_valid(*node.reference, same(place), violations);
  bool valid = true;
  const auto kind = of(place.value->kind());
  if ((node.types & kind) == 0 && !(node.allows_whole && is_whole(*place.value)))
    valid = report(place, "type", violations);
  for (const auto& rule : node.rules) {
    if ((rule.kinds & kind) == 0) continue;
    const auto before = violations == nullptr ? 0 : violations->size();
    if (rule.check(place, violations)) continue;
    valid = false;
    if (violations != nullptr && violations->size() == before) report(place, rule.keyword, violations);
  }
  return valid;
}

}  // namespace tapster::host
