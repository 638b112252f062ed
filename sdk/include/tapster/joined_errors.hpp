// Joins the errors of several parts that fail independently.
#pragma once

#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <vector>

namespace tapster {

// Returns one error for all errors: success if there is none, and a single error or a cancelled one
// unchanged. Of several errors it contains the first two; the others are logged as warnings. Its class is
// theirs if it is the same, otherwise source.
Result<void> join_errors(const Host& host, std::vector<Error> errors);

}  // namespace tapster
