// The commit that the program was built from.
#pragma once

#include <string_view>

namespace tapster::host {

// The first 12 digits of the commit's hash, or "unknown" for a source tree that does not say its commit.
std::string_view commit();

}  // namespace tapster::host
