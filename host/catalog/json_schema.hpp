// Checks a JSON document against a JSON Schema and says in plain words what is wrong.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "catalog/schema_validator.hpp"

namespace tapster::host {

// What is wrong with `document`, one sentence for each place:
//   "start_date" is required: the first day to read
//   "jobs" must be an integer from 1 to 64, but is "x"
// Empty if it fits. The value of a property whose schema says "secret": true is never shown. A schema that
// cannot be used is an error of class internal.
Result<std::vector<std::string>> schema_errors(const json::object& document, const json::object& schema);

// Checks records against their stream's schema. Compiles the schema once; any thread.
class RecordCheck {
 public:
  // An error of class internal if the schema cannot be used.
  static Result<RecordCheck> create(json::object schema);

  // JSON lines, one record each. An error of class internal names the line that is not an object, does not
  // fit the schema, or has an attribute that the schema does not know. Values are not shown: they may be
  // personal.
  [[nodiscard]] Result<void> check(std::string_view lines) const;

 private:
  explicit RecordCheck(SchemaValidator validator);

  SchemaValidator validator_;
};

}  // namespace tapster::host
