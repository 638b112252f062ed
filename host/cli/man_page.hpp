// The manual pages, made from the options themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tapster::host {

// Returns the page of a command, or of the program itself, in the man macros of roff: tapster(1),
// tapster-read(1). `version`: of the program.
std::string man_page(const CLI::App& app, std::string_view version);

}  // namespace tapster::host
