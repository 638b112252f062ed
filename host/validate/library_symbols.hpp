// The symbols that a shared library exports.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tapster::host {

// The names of the symbols that the library defines for others, as the dynamic loader sees them. The file has
// been checked: see check_plugin_file. Empty if it has no table of symbols.
std::vector<std::string> exported_symbols(const std::filesystem::path& library);

}  // namespace tapster::host
