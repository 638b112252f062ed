// Shell completion: the script for the shell, and the command that the script runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/exit_code.hpp"

namespace tapster::host {

// The script with which bash, zsh or fish completes `tapster`. It runs `tapster complete`.
std::string completion_script(std::string_view shell);

// Prints the candidates for the last of `words`, one per line; ":file" and ":directory" leave the completion
// to the shell. Names of streams come from the connector, with the config that the words name. Prints no
// errors: they would disturb the line that is being typed.
Exit complete(const std::vector<std::string>& words, int output);

}  // namespace tapster::host
