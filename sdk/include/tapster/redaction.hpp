// Redaction of personal data: values are hashed, masked or dropped before a record leaves the connector.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tapster/source.hpp>

namespace tapster {

enum class Redact {
  hash,  // replace a text by its keyed hash: 64 hexadecimal digits, equal for equal texts and keys
  mask,  // replace a text by "***", or by "***@example.com" if all of it is one e-mail address
  drop,  // remove the column from the catalog and the records
};

// How one column is redacted.
struct ColumnRedaction {
  ColumnRedaction(Redact how, std::set<std::string, std::less<>> declared = {})
      : redact(how), names(std::move(declared)) {}
  friend bool operator==(const ColumnRedaction&, const ColumnRedaction&) = default;

  Redact redact;
  std::set<std::string, std::less<>> names;  // the members that the column's schema declares, at any depth
};

// The redacted columns of one stream, by name.
using StreamRedaction = std::map<std::string, ColumnRedaction, std::less<>>;

// The settings "redact" and "redact_key". A connector that lists them offers redaction; the SDK does the
// rest.
Setting redact_setting();
Setting redact_key_setting();

// The redaction rules of one config. Immutable after `create`, so any thread may use it.
class Redaction {
 public:
  Redaction() = default;

  // Reads the settings "redact", an object from patterns to "hash", "mask" or "drop", and "redact_key", the
  // key for hash. A pattern is "stream.column", or "column" for every stream, with shell wildcards. The first
  // matching pattern applies. Errors: config, if a pattern matches no column, the action does not fit the
  // column, or hash is used with a key of less than 16 bytes.
  static Result<Redaction> create(const json::object& config, const std::vector<const Stream*>& streams);

  // The redacted columns of a stream, owned by this; null if there are none.
  [[nodiscard]] const StreamRedaction* of(std::string_view stream) const;

  // Removes dropped columns from a catalog, and notes hash and mask in the descriptions of the others.
  void apply(json::object& catalog) const;

  // Redacts JSON lines of the stream. Inside objects and arrays every string is redacted. Members that the
  // column's schema does not declare are redacted with their names, which may be data; their numbers and
  // booleans become strings. Declared names, their numbers and booleans, and null stay. The undeclared
  // members of a masked object become one, "***".
  void apply(const StreamRedaction& stream, std::string& lines) const;

  // Returns the HMAC-SHA-256 of the text in hexadecimal: https://www.rfc-editor.org/rfc/rfc2104
  [[nodiscard]] std::string hash(std::string_view text) const;

 private:
  std::string key_;
  std::map<std::string, StreamRedaction, std::less<>> streams_;
};

}  // namespace tapster
