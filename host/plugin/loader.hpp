// Loading a connector's library: the only place that opens one.
#pragma once

#include <filesystem>
#include <string_view>

#include "plugin/connector.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Checks the file without loading it, as load_connector does: a plugin failure says what is wrong. Returns
// the file that the dynamic loader would open.
Outcome<std::filesystem::path> check_plugin_file(const std::filesystem::path& file);

// Checks and loads the file, and returns its table, which is not checked. Null if the entry point returned
// null.
Outcome<const tapster_connector*> load_table(const std::filesystem::path& file, std::string_view name);

// Loads the file and gets its table, which must be that of a connector called `name`. The library runs with
// the rights of this process and stays loaded until it ends, so it is refused if the file or its directory
// belongs to anyone other than root, the user and the owner of this executable, or is writable by everyone.
// Members of the owning group may have write access. Every failure is a plugin failure that names the file.
Outcome<Connector> load_connector(const std::filesystem::path& file, std::string_view name);

}  // namespace tapster::host
