// What is wrong with a command line, in a sentence.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tapster::host {

// The parser's own message or, for an unknown argument, its name and the nearest option or command. `command`
// is the command that was given, or the program. The value of an unknown option is not shown, because it may
// be a secret.
std::string explain(const CLI::ParseError& error, const CLI::App& command);

}  // namespace tapster::host
