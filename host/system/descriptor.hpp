// Open files.
#pragma once

#include <string_view>
#include <system_error>

namespace tapster::host {

// Writes all of `bytes`, waiting for a slow reader; no error when everything was written. Any thread.
std::error_code write_all(int descriptor, std::string_view bytes);

// Whether it is a pipe or a socket whose reader has gone away. Any thread.
bool has_lost_reader(int descriptor);

}  // namespace tapster::host
