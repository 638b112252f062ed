// The contents of files, as text.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tapster {

// Empty for a file that does not exist.
std::string content(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view text);
// The lines of a text, without their line breaks.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace tapster
