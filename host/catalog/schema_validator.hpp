// Validates JSON values against a JSON Schema, draft 7.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <variant>
#include <vector>

namespace tapster::host {

// A member's name or an item's index.
using PathStep = std::variant<std::string, size_t>;

// A place of a document that does not satisfy a keyword of the schema. The pointers are valid as long as the
// document and the validator are.
struct Violation {
  std::vector<PathStep> path;                // from the document's root
  const json::value* value;                  // null for a required member that is missing
  std::string_view keyword;                  // "minLength"; "false" if the schema is false
  std::vector<const json::object*> schemas;  // on the way to the keyword, from the root to the schema with it
};

// A schema that has been compiled; copies share it. Any thread may validate.
//
// All keywords of draft 7 are checked, except "$id" and those that only describe. A "$ref" must point into
// the schema itself: "#" or "#/definitions/address". The formats date, date-time and uri are checked. A
// string with a "pattern" can have at most 4096 bytes.
class SchemaValidator {
 public:
  static constexpr size_t longest_with_pattern = 4096;

  // An error of class internal if the schema is malformed, a "$ref" points elsewhere or to nothing, or a
  // "$ref" leads back to itself for the same value.
  static Result<SchemaValidator> compile(json::value schema);

  // Empty if the document is valid; then nothing is allocated. Recursion is as deep as the document.
  [[nodiscard]] std::vector<Violation> validate(const json::value& document) const;

 private:
  struct Compiled;
  explicit SchemaValidator(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace tapster::host
