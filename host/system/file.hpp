// Small files (config, catalog, state, summary), whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "system/exit_code.hpp"

namespace tapster::host {

// The content of the file at `path`. Anything that can be read will do, a pipe or /dev/stdin too. A file that
// is not there, cannot be read, or is longer than `most` bytes is a usage failure that names the path. A
// byte order mark at the start is left out.
Outcome<std::string> read_file(const std::filesystem::path& path, size_t most = 64UL << 20U);

// As read_file; the path "-" is standard input.
Outcome<std::string> read_input(const std::filesystem::path& path, size_t most = 64UL << 20U);

// The name of such a file in messages: its path, or "standard input".
std::string input_name(const std::filesystem::path& path);

// Where a path leads: the last of a chain of symbolic links, which may not exist yet.
std::filesystem::path follow_links(std::filesystem::path path);

// Whether replace_file can replace the file at `path`, if it exists: a usage failure for what is not a
// regular file, such as a FIFO or /dev/null, and for a file that is a mount point of its own.
Outcome<void> check_replaceable(const std::filesystem::path& path);

// Whether write_file can write the file: a failure, of output, if it, or the directory that would contain
// it, is missing or not writable. Nothing is created.
Outcome<void> check_writable(const std::filesystem::path& path);

// As write_file, but a reader of the file finds the old content or the new one, whole, at any moment and
// after any crash. Symbolic links are followed, and the file keeps its permissions. `what` names the content
// in the failure: "the new state".
Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, std::string_view what);

// Makes `text` the content of the file at `path`, on disk when it returns. A failure, of output, names the
// path.
Outcome<void> write_file(const std::filesystem::path& path, std::string_view text);

// The failure, of output, of what was to be done with a path: "remove".
tl::unexpected<Failure> cannot(std::string_view what, const std::filesystem::path& path,
                               const std::error_code& why);

// Syncs the names in a directory to disk: a rename survives a crash once its directory is synced.
Outcome<void> sync_directory(const std::filesystem::path& directory);

}  // namespace tapster::host
