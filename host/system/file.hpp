// Small files (config, catalog, state, summary), whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "system/exit_code.hpp"

namespace tapster::host {

// The content of the file at `path`. Anything that can be read will do, a pipe or /dev/stdin too. A file that
// is not there, cannot be read, or is longer than `most` bytes is a usage failure that names the path.
Outcome<std::string> read_file(const std::filesystem::path& path, size_t most = 64UL << 20U);

// As write_file, but whoever reads the file, at any moment and after any crash, finds the old content or the new
// one, whole. `what` is what it holds, for the failure: "the new state".
Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, std::string_view what);

// Makes `text` the content of the file at `path`, on disk when it returns. A failure, of output, names the path.
Outcome<void> write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace tapster::host
