// A stream's schema as Singer emits it.
#pragma once

#include <string>

#include "catalog/stream_selection.hpp"

namespace tapster::host {

// The SCHEMA message of a stream, without a line break: its name in the output, the JSON Schema of the
// selected columns, its key, and its replication key unless it is read in full.
// https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md#schema-message
std::string schema_message(const SelectedStream& stream);

}  // namespace tapster::host
