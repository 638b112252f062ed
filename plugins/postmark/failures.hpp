// Joins the errors of several parts that fail independently.
#pragma once

#include <string_view>
#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <vector>

namespace postmark {

// Returns one error for all errors: success if there is none, and a single error unchanged. Of several errors
// it contains the first two; the others are logged as warnings. Its class is theirs if it is the same,
// otherwise source.
tapster::Result<void> as_one(const tapster::Host& host, std::vector<tapster::Error> errors);

}  // namespace postmark
