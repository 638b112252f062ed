// Checks a JSON document against a JSON Schema and says in plain words what is wrong.
#pragma once

#include <string>
#include <tapster/json.hpp>
#include <vector>

namespace tapster::host {

// What is wrong with `document`, one sentence for each place that is:
//   "start_date" is required: the first day to read
//   "jobs" has to be an integer from 1 to 64, and is "x"
// Empty if it fits. `schema` is JSON Schema draft 7 and is obeyed as valijson does, with the formats date,
// date-time and uri on top; a string with a "pattern" may have 4096 bytes. The value of a property whose
// schema says "secret": true is never shown. A schema that cannot be understood is an error of class
// internal.
Result<std::vector<std::string>> schema_errors(const json::object& document, const json::object& schema);

}  // namespace tapster::host
