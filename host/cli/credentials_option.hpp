// The option --credentials, which every command has that opens a source.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/options.hpp"

namespace tapster::host {

void add_credentials(CLI::App& command, Options& options);

}  // namespace tapster::host
