// The keywords of JSON Schema that check a value without another schema.
#pragma once

#include <optional>
#include <regex>
#include <span>

#include "catalog/schema_node.hpp"

namespace tapster::host {

struct Assertion {
  std::string_view name;
  Kinds kinds;
  Check (*make)(const json::value& value);  // an empty check if the keyword's value is malformed
};

// All of them, in the order in which they are checked. They live as long as the process.
std::span<const Assertion> assertions();
// The check of "required", which "dependencies" uses too. Refers to the keyword's value, which must outlive
// it; an empty check if that is not an array of strings.
Check required(const json::value& value);

// Nothing if the pattern is malformed.
std::optional<std::regex> to_regex(std::string_view pattern);
// Also false for a text that is too long for patterns.
bool matches(std::string_view text, const std::regex& pattern);

}  // namespace tapster::host
