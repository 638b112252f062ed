// What is wrong with a command line, in a sentence.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tapster::host {

// In the parser's own words, unless an argument is unknown: then it is named, with the nearest option or
// command. `command` is the command that was given, or the program. The value of an unknown option is not
// shown, as it may be a secret.
std::string explain(const CLI::ParseError& error, const CLI::App& command);

}  // namespace tapster::host
