// Loading a connector's library: the only place that opens one.
#pragma once

#include <filesystem>
#include <string_view>

#include "plugin/connector.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Loads the file and gets its table, which must be that of a connector called `name`. The library runs with
// the rights of this process and stays loaded until it ends, so a file is refused if anyone other than root,
// the user and the owner of this executable can replace or change it. Every failure is a plugin failure that
// names the file.
Outcome<Connector> load_connector(const std::filesystem::path& file, std::string_view name);

}  // namespace tapster::host
