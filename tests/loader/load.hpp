// Loads Singer messages into a database, as a target does: a SCHEMA creates a table, a RECORD replaces the
// row with its key.
#pragma once

#include <iosfwd>

#include "database.hpp"

namespace tapster::loader {

// Reads all messages. A STATE commits the messages before it; then its value is written to `states`, one per
// line. An ACTIVATE_VERSION deletes the rows of the stream with other versions. Throws std::runtime_error for
// a message that breaks the specification, and for errors of the database; the messages after the last STATE
// are then rolled back. https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md#output
void load(std::istream& messages, std::ostream& states, const Database& database);

}  // namespace tapster::loader
