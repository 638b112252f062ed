// The config file of a connector.
#pragma once

#include <filesystem>
#include <tapster/json.hpp>

#include "failure.hpp"
#include "log.hpp"

namespace tapster::host {

// Reads the config in `file` and checks it against the connector's `spec`, a JSON Schema. A string "${NAME}"
// is replaced by the environment variable NAME. The values of secret settings are told to `log` before
// anything else is said of them. A key that the spec does not know is a warning. Everything else that is
// wrong is a usage failure that names the file, the key and what was expected.
Outcome<json::object> read_config(const std::filesystem::path& file, const json::object& spec, Log& log);

}  // namespace tapster::host
