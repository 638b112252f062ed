// Reading and writing small files: config, catalog, state, summary.
#pragma once

#include <sys/types.h>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "system/exit_code.hpp"

namespace tapster::host {

// The content of the file at `path`, without a byte order mark. The path may also be a pipe or /dev/stdin. A
// file that does not exist, cannot be read, or is longer than `most` bytes is a usage failure that names the
// path.
Outcome<std::string> read_file(const std::filesystem::path& path, size_t most = 64UL << 20U);

// Removes a UTF-8 byte order mark from the start of a text.
void remove_byte_order_mark(std::string& text);

// Like read_file, but the path "-" is standard input.
Outcome<std::string> read_input(const std::filesystem::path& path, size_t most = 64UL << 20U);

// The name of such a file for messages: its path, or "standard input".
std::string input_name(const std::filesystem::path& path);

// The directory that contains the file at `path`: "." if the path names none.
std::filesystem::path directory_of(const std::filesystem::path& path);

// Where a path leads: the last of a chain of symbolic links, which may not exist yet.
std::filesystem::path follow_links(std::filesystem::path path);

// Whether the functions below can replace the file at `path`, or create it. A usage failure for what is not a
// regular file, such as a FIFO or /dev/null, and for a file that is a mount point of its own. An output
// failure for a directory that is not writable. A missing directory is not a failure.
Outcome<void> check_replaceable(const std::filesystem::path& path);

// Whether write_file can write the file. An output failure if the file, or the directory that would contain
// it, is missing or not writable. Creates nothing.
Outcome<void> check_writable(const std::filesystem::path& path);

// Like write_file, but at any moment, and after any crash, a reader finds the old content or the new one,
// complete. Symbolic links are followed. The file keeps its permissions. `what` names the content in the
// failure: "the new catalog". The text is written to a new file .NAME.RANDOM.new in the same directory, which
// only a crash leaves behind.
Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, std::string_view what);

// The same for a file that no other run replaces meanwhile: see LockedFile. The text is written to FILE.new,
// so that at most one copy stays after crashes. The file gets the permissions `mode`, or keeps those that it
// has.
Outcome<void> replace_locked_file(const std::filesystem::path& path, std::string_view text,
                                  std::string_view what, std::optional<mode_t> mode = std::nullopt);

// Writes `text` to the file at `path`, and syncs it to disk. An output failure names the path.
Outcome<void> write_file(const std::filesystem::path& path, std::string_view text);

// The output failure "PATH: cannot WHAT: WHY", where `what` is what was attempted, such as "remove".
tl::unexpected<Failure> cannot(std::string_view what, const std::filesystem::path& path,
                               const std::error_code& why);

// What errno says.
std::error_code last_error();

// Syncs the names in a directory to disk: a rename survives a crash once its directory is synced.
Outcome<void> sync_directory(const std::filesystem::path& directory);

}  // namespace tapster::host
