// The file schema.json beside a stream's parts: the SCHEMA message of the newest run. A loader can create a
// table from it, also for a stream without records.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "system/exit_code.hpp"

namespace tapster::host {

inline constexpr std::string_view schema_file = "schema.json";
// What a run that was killed while it replaced the schema may leave; see replace_file.
inline constexpr std::string_view unfinished_schema_file = "schema.json.new";

// Whether the folder has a file schema.json that is not of this stream, so a run must not replace it.
bool has_other_schema(const std::filesystem::path& folder, const std::string& stream);

// Replaces the schema in the folder and syncs it to disk. Does not touch a file that has the same schema.
Outcome<void> set_schema(const std::filesystem::path& folder, const std::string& message);

}  // namespace tapster::host
