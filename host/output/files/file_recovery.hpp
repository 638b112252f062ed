// What earlier runs left in a stream's folder (stream_folder.hpp). The folder need not exist.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "state/state.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Compares a folder that grows with what the state records, and changes nothing. A usage failure says what
// does not match.
Outcome<void> check_folder(const std::filesystem::path& folder, const std::string& stream,
                           const std::optional<StreamFiles>& known);

// A folder has an identity, a random text in its file .tapster-folder. The state whose files are in the
// folder has it too, so a run notices that another run replaced the folder. If a run with the same state
// replaces the files, the identity stays.
//
// The folder's identity; empty if it has none.
std::string identity(const std::filesystem::path& folder);
// A random one.
std::string new_identity();
// Whether the folder is the one that the state knows: the identities are equal, or one of them is missing. A
// folder without files always matches.
bool is_folder_of(const std::filesystem::path& folder, const std::string& stream, const StreamFiles& known);
// Writes the identity, and syncs the folder to disk. The folder must exist.
Outcome<void> set_identity(const std::filesystem::path& folder, const std::string& identity);

// Cuts the parts that the state names to their sizes, gives them their final names, and removes all other
// unfinished files.
Outcome<void> settle_folder(const std::filesystem::path& folder, const std::string& stream,
                            const StreamFiles& known);

// Whether the folder has only parts of the stream, its schema.json, and the folder's identity. An output
// failure if that cannot be seen.
Outcome<bool> holds_only_parts(const std::filesystem::path& folder, const std::string& stream);

// How many parts of the stream the folder has under their final names. This and the next function take a
// folder that cannot be listed as empty: check_folder or holds_only_parts has failed before.
size_t count_parts(const std::filesystem::path& folder, const std::string& stream);

// What the names of its parts say about a folder without a state: the highest number and the newest run.
StreamFiles parts_in(const std::filesystem::path& folder, const std::string& stream);

}  // namespace tapster::host
