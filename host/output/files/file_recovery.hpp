// What earlier runs left in a stream's folder (stream_folder.hpp), which may not be there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "state/state.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Checks a folder that grows against what the state knows, and changes nothing. A failure of usage says what
// does not match.
Outcome<void> check_folder(const std::filesystem::path& folder, const std::string& stream,
                           const std::optional<StreamFiles>& known);

// A folder has an identity, a random text in its file .tapster-folder. The state that grows in the folder
// knows it, so that a folder that another run replaced is noticed. A set that the same state replaces keeps
// the identity.
//
// The folder's identity; empty where it has none.
std::string identity(const std::filesystem::path& folder);
std::string new_identity();
// Whether the folder is the one that the state knows: it has that identity, or either has none to compare. A
// folder without files is any folder.
bool is_folder_of(const std::filesystem::path& folder, const std::string& stream, const StreamFiles& known);
Outcome<void> set_identity(const std::filesystem::path& folder, const std::string& identity);

// Cuts the parts that the state names to their sizes, gives them their last names, and removes what else may
// still change.
Outcome<void> settle_folder(const std::filesystem::path& folder, const std::string& stream,
                            const StreamFiles& known);

// Whether the folder has parts of the stream, and its identity, and nothing else.
bool holds_only_parts(const std::filesystem::path& folder, const std::string& stream);

// How many parts of the stream the folder has under their last names.
size_t count_parts(const std::filesystem::path& folder, const std::string& stream);

// What can be learned from a folder without a state: the highest number and the newest run in the names of
// its parts.
StreamFiles parts_in(const std::filesystem::path& folder, const std::string& stream);

}  // namespace tapster::host
