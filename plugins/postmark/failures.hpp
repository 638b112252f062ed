// Failures of the parts of a whole, of which one does not stop the others.
#pragma once

#include <string_view>
#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <vector>

namespace postmark {

// One error for all of them: nothing for none, a single one as it is. Of several it tells the first two, and
// the others are logged as warnings.
tapster::Result<void> as_one(const tapster::Host& host, std::vector<tapster::Error> errors);

}  // namespace postmark
