// Shell completion: the script for the shell, and the command that the script runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/exit_code.hpp"

namespace tapster::host {

// The script with which bash, zsh or fish completes `tapster`, and the `tap-NAME` and `source-NAME` of the
// connectors that are installed now. It runs `tapster complete`.
std::string completion_script(std::string_view shell);

// Prints the candidates for the last of `words`, one per line, with a tab and a description if there is one.
// The last word may be "--option=start of a value": the candidates are values. The lines ":file" and
// ":directory" leave the completion to the shell. `program` is the name under which it runs. Names of streams
// and columns come from the connector, with the config that the words name. Prints no errors: they would
// disturb the line that is being typed.
Exit complete(std::string_view program, const std::vector<std::string>& words, int output);

}  // namespace tapster::host
