// Completion of the command line in a shell: the shell's side, and the answers to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/exit_code.hpp"

namespace tapster::host {

// What a shell reads to complete `tapster`: bash, zsh or fish. It asks the program itself, by the command
// "complete".
std::string completion_script(std::string_view shell);

// Prints what may stand in place of the last of `words`, one a line; ":file" and ":directory" leave it to the
// shell. Names of streams come from the connector, with the config that the words name. Prints no
// error: it would disturb the line that is being typed.
Exit complete(const std::vector<std::string>& words, int output);

}  // namespace tapster::host
