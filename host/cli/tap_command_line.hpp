// The command line of a Singer tap: the program under the name tap-CONNECTOR.
// https://sdk.meltano.com/en/latest/cli_commands.html and, for the short options,
// https://github.com/singer-io/singer-python/blob/master/singer/utils.py
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/completion_context.hpp"
#include "cli/options.hpp"

namespace tapster::host {

// The connector, if the program (argv[0]) is called tap-CONNECTOR; empty for any other name.
std::string tap_of(std::string_view program);

// Like parse_options, for the options of this connector's tap. They select the command: --discover becomes
// Command::discover.
Outcome<Options> parse_tap_options(const std::string& connector, int argc, const char* const* argv,
                                   size_t help_width = 80);

// What can come after the words `before` of such a command line.
CompletionContext tap_completion_context(const std::string& connector,
                                         const std::vector<std::string>& before);

// Like tap_of and parse_tap_options, for source-CONNECTOR: an Airbyte source with the commands spec, check,
// discover and read.
// https://docs.airbyte.com/platform/understanding-airbyte/airbyte-protocol#the-airbyte-protocol
std::string airbyte_source_of(std::string_view program);
Outcome<Options> parse_airbyte_options(const std::string& connector, int argc, const char* const* argv,
                                       size_t help_width = 80);

}  // namespace tapster::host
