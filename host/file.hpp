// Small files (config, catalog, state), read whole.
#pragma once

#include <filesystem>
#include <string>

#include "failure.hpp"

namespace tapster::host {

// The content of the file at `path`. Anything that can be read will do, a pipe or /dev/stdin too. A file that
// is not there, cannot be read, or is longer than `most` bytes is a usage failure that names the path.
Outcome<std::string> read_file(const std::filesystem::path& path, size_t most = 64UL << 20U);

}  // namespace tapster::host
