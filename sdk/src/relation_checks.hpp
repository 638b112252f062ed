// Checks of parents and children, when their config is opened.
#pragma once

#include <optional>
#include <tapster/declared.hpp>
#include <vector>

namespace tapster {

// Returns the mistake in the relations of each stream, such as a parent that is unknown or that is its own
// child, or a value that the parent's records do not have.
std::vector<std::optional<Error>> check_relations(const std::vector<DeclaredStream>& streams);

}  // namespace tapster
