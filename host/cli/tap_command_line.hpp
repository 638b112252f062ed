// The command line of a Singer tap: the program under the name tap-CONNECTOR.
// https://sdk.meltano.com/en/latest/cli_commands.html and, for the short options,
// https://github.com/singer-io/singer-python/blob/master/singer/utils.py
#pragma once

#include <string>
#include <string_view>

#include "cli/options.hpp"

namespace tapster::host {

// The connector whose tap the program is under this path (argv[0]); empty if the program is tapster itself.
std::string tap_of(std::string_view program);

// As parse_options, for the tap of this connector: a tap's options become the command that does what they
// request.
Outcome<Options> parse_tap_options(const std::string& connector, int argc, const char* const* argv,
                                   size_t help_width = 80);

// The same for the name source-CONNECTOR, under which the program is an Airbyte source: spec, check, discover
// and read in Airbyte's protocol.
// https://docs.airbyte.com/platform/understanding-airbyte/airbyte-protocol#the-airbyte-protocol
std::string airbyte_source_of(std::string_view program);
Outcome<Options> parse_airbyte_options(const std::string& connector, int argc, const char* const* argv,
                                       size_t help_width = 80);

}  // namespace tapster::host
