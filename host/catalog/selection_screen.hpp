// The screen on which a person selects streams and columns.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog_entry.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Whether the process has a terminal.
bool has_terminal();

// Shows the selection and lets the person change it, in the process's terminal (/dev/tty), whatever standard
// input and output are. Returns true for enter, false for leaving; `streams` may have changed in both cases.
// SIGINT, SIGTERM and SIGHUP end it with Exit 128 + n. The terminal is restored in every case. A usage
// failure if there is no terminal, if it cannot show lists, or if the process is in the background.
//
// Keys: up, down, page up, page down, home, end; space selects and deselects; right and left show and hide a
// stream's columns; enter accepts; q and escape leave.
Outcome<bool> choose(std::vector<CatalogEntry>& streams, const std::string& title);

}  // namespace tapster::host
