// Declarations of streams and columns, and the catalog made from them. Plain values that own their text, so
// they can be built at run time: from a file, or from a response.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

namespace tapster {

// The type of a column. A timestamp is a string in RFC 3339; a date is a string such as "2026-01-31".
enum class Type { string, integer, number, boolean, timestamp, date, object, array };

// Converts a value of the source and appends it to `out` as JSON. `text` is the unescaped content of a
// string, or the text of a number or boolean. Returns false if it cannot be converted; `out` may then contain
// a partial value. Called from any thread. See converters.hpp for ready-made ones.
using Convert = std::function<bool(std::string_view text, std::string& out)>;

// Names, such as those of a key's columns. {{"a", "b"}} is {"a", "b"}; a vector of strings would take the two
// pointers for the ends of one text.
class Names : public std::vector<std::string> {
 public:
  Names() = default;
  Names(std::initializer_list<const char*> names) : vector(names.begin(), names.end()) {}
  Names(std::vector<std::string> names) : vector(std::move(names)) {}
};

// Paths of a column that takes more than one member of the source's record, as JSON text. At most one column
// of a stream has each.
inline constexpr const char* whole_record = ".";     // an object: the record as the source sent it
inline constexpr const char* other_members = "...";  // an object: the members that no column reads, by path

struct Column {
  std::string name = {};
  Type type = Type::string;
  // Where the value is in the source's record: a JSON Pointer through objects, such as "/Geo/City". Several
  // scalar columns may share a path. Empty for a column that the connector's code fills in.
  std::string path = {};
  std::string description = {};
  // An optional converter. Without one, values are converted by type. A timestamp becomes RFC 3339 in UTC
  // with six fractional digits; 0001-01-01T00:00:00, which .NET writes for no time, becomes null where null
  // is allowed. See parse_written_time for the texts that are read.
  Convert convert = {};
  // The JSON value of the column if the member is absent or null. For a column of the key or the replication
  // key, "null" means that such a record is an error.
  std::string missing = "null";
  // JSON Schema keywords for the content of arrays and objects, such as R"("items":{"type":"string"})".
  std::string inside = {};
  bool selected_by_default = true;
  // For a timestamp: the time zone of texts without an offset, such as "UTC" or "America/New_York". Without
  // it such a text cannot be read.
  std::string zone = {};
};

// One stream, such as a table or an endpoint.
struct Stream {
  std::string name = {};
  std::string description = {};
  Names key = {};  // columns that are never null and unique together
  // The column that is greater in new and changed records; empty if each sync reads everything.
  std::string replication_key = {};
  std::vector<Column> columns = {};
  bool selected_by_default = true;
  // Members of the source's records without a column are reported once per run, by name and type, except
  // those at these JSON Pointers, which are left out on purpose.
  Names ignored = {};
  // Whether all of them are left out on purpose: the columns are only a part of the record.
  bool is_partial = false;
  // Whether the columns may differ from one run to the next. True for the streams of Source::discover. Each
  // run then reports which columns have appeared, vanished or changed their type since the state was written,
  // and a column that only a user's catalog still has is null.
  bool columns_vary = false;
};

// The column of this name; null if there is none.
const Column* find_column(const Stream& stream, std::string_view name);

// Whether a column is part of the key or the replication key. Such a column is always read and never null.
bool is_automatic(const Stream& stream, const Column& column);

// Returns the catalog in Singer's format, {"streams":[...]}. The streams must be valid.
json::object catalog(const std::vector<const Stream*>& streams);

}  // namespace tapster
