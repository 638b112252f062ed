// A JSON Schema that has been compiled to a tree, and the walk that validates a document with it.
#pragma once

#include <functional>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "catalog/schema_validator.hpp"

namespace tapster::host {

// A set of the kinds of values in Boost.JSON.
using Kinds = unsigned;

constexpr Kinds of(json::kind kind) {
  return 1U << static_cast<unsigned>(kind);
}

constexpr Kinds integers = of(json::kind::int64) | of(json::kind::uint64);
constexpr Kinds numbers = integers | of(json::kind::double_);
constexpr Kinds strings = of(json::kind::string);
constexpr Kinds arrays = of(json::kind::array);
constexpr Kinds objects = of(json::kind::object);
constexpr Kinds anything = ~0U;

// A position in the walk through a document and its schemas. Places are linked on the stack, from the inside
// out.
struct Place {
  enum class Step { same, member, item };
  const Place* outer = nullptr;
  const json::value* value = nullptr;
  Step step = Step::same;
  std::string_view key{};                // of a member
  size_t index = 0;                      // of an item
  const json::object* schema = nullptr;  // null for true and false
};

// The same value under another schema, a member, and an item.
Place same(const Place& outer);
Place member(const Place& outer, std::string_view key, const json::value* value);
Place item(const Place& outer, size_t index);

// Where violations go; null to leave them out.
using Violations = std::vector<Violation>*;

// Whether the value satisfies the keyword. If a check fails without adding a violation, the caller adds one
// for the keyword.
using Check = std::function<bool(const Place&, Violations)>;

struct Rule {
  std::string_view keyword;
  Kinds kinds;  // the values that the keyword applies to
  Check check;
};

// One schema.
struct Node {
  const json::object* schema = nullptr;  // null for true and false
  bool is_false = false;
  Kinds types = anything;
  bool allows_whole = false;  // 1.0 is an integer
  std::vector<Rule> rules;
  Node* reference = nullptr;      // the target of "$ref"; then the other keywords are ignored
  std::vector<Node*> same_value;  // the nodes that this one sends its value to
  size_t chain = 0;               // the longest chain of these, once measured
};

// Adds a violation; false.
bool report(const Place& place, std::string_view keyword, Violations violations);

// Whether the value at the place satisfies the schema.
bool is_valid(const Node& node, Place place, Violations violations);

}  // namespace tapster::host
