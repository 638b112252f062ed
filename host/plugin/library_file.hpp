// Checks a library's file before the dynamic loader opens it. The loader trusts the headers: it maps a
// truncated file and crashes.
#pragma once

#include <filesystem>
#include <string>

namespace tapster::host {

// Why the file cannot be a complete shared library for this machine; empty if it can. Does not wait for a
// FIFO's writer.
std::string library_flaw(const std::filesystem::path& path);

}  // namespace tapster::host
