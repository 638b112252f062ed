// Checks of a declared stream, when its config is opened.
#pragma once

#include <tapster/declared.hpp>

namespace tapster {

// Returns an internal error for the first mistake, such as a bound without a place in the request.
Result<void> check_declared(const DeclaredStream& stream);

}  // namespace tapster
