// A list in the terminal in which a person chooses streams and columns.
#pragma once

#include <string>
#include <vector>

#include "catalog/selection_marks.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Whether the process has a terminal to show it in.
bool has_terminal();

// Shows what is selected and lets the person change it, in the process's terminal (/dev/tty), whatever standard
// input and output are. Returns when the person has chosen; false where they left without choosing, and `marks`
// may then have changed. SIGINT, SIGTERM and SIGHUP end it with Exit 128 + n. The terminal is as it was in every
// case. A failure of usage where there is no terminal, one that cannot show lists, or one that is another process
// group's, as for a process in the background.
//
// Keys: up, down, page up, page down, home, end; space selects and deselects; right and left show and hide a stream's
// columns; enter is done; q and escape leave.
Outcome<bool> choose(std::vector<StreamMarks>& marks, const std::string& title);

}  // namespace tapster::host
