// How an author declares what a source has: columns, streams, and the catalog made of them.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

namespace tapster {

enum class Type { string, integer, number, boolean, timestamp, date, object, array };

// Turns the text of a JSON string (without quotes, unescaped), number or boolean of the source into a JSON
// value appended to `out`. False where the text cannot be read; `out` may then have been written to.
using Convert = bool (*)(std::string_view text, std::string& out);

struct Column {
  std::string_view name;
  Type type = Type::string;
  // Where the value is in the source's own record, a JSON Pointer of object members such as "/Geo/City".
  // Several scalar columns may share one. Empty for a column that the connector's code fills in.
  std::string_view path;
  std::string_view description;
  // For a value that needs more than its type says. A timestamp without one becomes RFC 3339 in UTC with six
  // fractional digits.
  Convert convert = nullptr;
  // The JSON value of the column where the source leaves the member out or says null. Of a key's column
  // "null" stands for an error: such a record cannot be told from others.
  std::string_view missing = "null";
  // For arrays and objects: the JSON Schema keywords that say what is inside, such as
  // R"("items":{"type":"string"})".
  std::string_view inside = {};
  bool selected_by_default = true;
};

struct Stream {
  std::string_view name;
  std::string_view description;
  std::vector<std::string_view> key;  // columns that are never null and together unique
  // The column that new and changed records have a greater value in; empty where each sync reads everything.
  std::string_view replication_key = {};
  std::vector<Column> columns;
  bool selected_by_default = true;
};

// Whether a column is part of the key or the replication key: such a column is always read and never null.
bool is_automatic(const Stream& stream, const Column& column);

// The catalog in Singer's form, {"streams":[...]}.
json::object catalog(const std::vector<const Stream*>& streams);

}  // namespace tapster
