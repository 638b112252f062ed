// The config of a connector: files, and the environment.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "report/log.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Reads the config of the connector called `connector` from `sources`, merges them, and checks the result
// against `spec`, a JSON Schema. A source is a file with a JSON object, "-" for standard input, or ENV for
// the environment. There each setting has a variable (config_variable), and an empty one is not set. A string
// is taken unchanged; a boolean is true, false, 1 or 0; an array is JSON or separated by commas; the rest is
// JSON. If several sources give a setting, the last one wins.
//
// In a file's strings "${NAME}" is replaced by the environment variable NAME, and "$${" stands for "${". If
// the variable is the entire string and the setting is not a string, its value is read as with ENV.
//
// Secret settings are hidden in `log` before any message can contain them. An unknown setting is a warning;
// with ENV, so is a variable of the connector that is not a setting. Everything else that is wrong is a usage
// failure that names the source, the setting or the variable, and what was expected.
Outcome<json::object> read_config(const std::vector<std::string>& sources, std::string_view connector,
                                  const json::object& spec, Log& log);

// The environment variable of a setting, TAP_CONNECTOR_SETTING, in capitals and with "_" for "-".
std::string config_variable(std::string_view connector, std::string_view setting);

// Whether a text can be a value of a config, which is JSON.
bool is_utf8(std::string_view text);

// The sources in a message: "a.json, ENV".
std::string config_names(const std::vector<std::string>& sources);

}  // namespace tapster::host
