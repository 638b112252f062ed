// Redaction, for people who may not hold personal data: values that are hashed, masked or dropped before a
// record leaves the connector.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tapster/source.hpp>

namespace tapster {

enum class Redact {
  hash,  // a text becomes its keyed hash: 64 hexadecimal digits, the same for the same text and key
  mask,  // a text becomes "***"; where all of it is one e-mail address the domain stays, "***@example.com"
  drop,  // the column is neither in the catalog nor in the records
};

struct ColumnRedaction {
  ColumnRedaction(Redact how, std::set<std::string, std::less<>> declared = {})
      : redact(how), names(std::move(declared)) {}
  friend bool operator==(const ColumnRedaction&, const ColumnRedaction&) = default;

  Redact redact;
  std::set<std::string, std::less<>> names;  // the members that the column's schema declares, at any depth
};

// What is redacted of one stream, by column.
using StreamRedaction = std::map<std::string, ColumnRedaction, std::less<>>;

// The settings that a connector adds to its own to offer redaction. The layer does the rest.
Setting redact_setting();
Setting redact_key_setting();

// What a config says is redacted. A value; any thread.
class Redaction {
 public:
  Redaction() = default;

  // Reads the settings "redact", an object of patterns such as "messages_*.recipient" or "geo_ip" (of every
  // stream) and what is done with the columns that match, the first pattern deciding; and "redact_key",
  // without which nothing is hashed. A config error where a pattern matches nothing, a column cannot be
  // treated so, or the key is missing or shorter than 16 bytes.
  static Result<Redaction> create(const json::object& config, const std::vector<const Stream*>& streams);

  // What concerns this stream; null where nothing does.
  [[nodiscard]] const StreamRedaction* of(std::string_view stream) const;

  // Takes the dropped columns out of a catalog, and says in the others' descriptions what is done with them.
  void apply(json::object& catalog) const;

  // Rewrites JSON lines of the stream. Inside objects and arrays every text is redacted, and so is everything
  // that the column's schema does not declare: the names of members, which may be data, and numbers and truth
  // values, which become text. Names that the schema declares stay, as do the numbers and truth values below
  // them, and null. All undeclared members of a masked object become one, "***".
  void apply(const StreamRedaction& stream, std::string& lines) const;

  // HMAC-SHA-256 of the text in hexadecimal: https://www.rfc-editor.org/rfc/rfc2104
  [[nodiscard]] std::string hash(std::string_view text) const;

 private:
  std::string key_;
  std::map<std::string, StreamRedaction, std::less<>> streams_;
};

}  // namespace tapster
