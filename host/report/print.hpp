// What a command other than read prints on standard output.
#pragma once

#include <string_view>

#include "system/exit_code.hpp"

namespace tapster::host {

// Writes all of `text` to the open file, or fails with Exit::output.
Outcome<void> print(int descriptor, std::string_view text);

}  // namespace tapster::host
