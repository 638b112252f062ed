// What earlier runs left in a stream's folder (stream_folder.hpp), which may not be there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "state/state.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Looks and touches nothing: a failure, of usage, says what does not belong to the state.
Outcome<void> check_folder(const std::filesystem::path& folder, const std::string& stream,
                           const std::optional<Parts>& known);

// Cuts the parts that the state names to their sizes, gives them their last names, and removes what else may
// still change.
Outcome<void> settle_folder(const std::filesystem::path& folder, const std::string& stream,
                            const Parts& known);

// Whether every file in the folder is a part of the stream.
bool holds_only_parts(const std::filesystem::path& folder, const std::string& stream);

// How many parts of the stream the folder has under their last names, and the highest of their numbers; 0 for
// none.
size_t count_parts(const std::filesystem::path& folder, const std::string& stream);
uint64_t last_number(const std::filesystem::path& folder, const std::string& stream);

}  // namespace tapster::host
