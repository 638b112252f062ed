// Loads Singer messages into a database, as targets do: tables made from SCHEMA, rows replaced by their key.
#pragma once

#include <iosfwd>

#include "database.hpp"

namespace tapster::loader {

// Reads messages to their end. A STATE commits what came before it, and its value is then written to
// `states`, a line each. ACTIVATE_VERSION removes the stream's rows of other versions. A message that breaks
// the specification ends it by a std::runtime_error, as do the database's errors; what came after the last
// STATE is not in the database then.
// https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md#output
void load(std::istream& messages, std::ostream& states, const Database& database);

}  // namespace tapster::loader
