// The shape of a catalog: what every reader of it relies on.
#pragma once

#include <tapster/json.hpp>

namespace tapster::host {

// Checks each member of a catalog that the host reads, at any depth, so that what reads it afterwards cannot
// fail. An error (of class config) names the first member that has another type: "streams[3].metadata must be
// an array". Members that the host does not read may be anything that can be written again: a number such as
// 1e999 is an error.
Result<void> check_shape(const json::object& catalog);

}  // namespace tapster::host
