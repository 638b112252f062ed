// The catalog, in Singer's form, and the selection of streams and columns.
// https://github.com/singer-io/getting-started/blob/master/docs/DISCOVERY_MODE.md
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "failure.hpp"

namespace tapster::host {

// One stream that is to be read.
struct SelectedStream {
  std::string name;     // tap_stream_id: what the connector knows it by
  std::string alias;    // the name in messages: stream_alias, or else the name
  json::object schema;  // JSON Schema with only the selected columns
  std::vector<std::string> key_properties;
  std::string replication_key;  // empty for FULL_TABLE
  std::string columns;  // the selected columns for the ABI: a JSON array of JSON Pointers; empty for all
};

struct SelectionOptions {
  std::vector<std::string> select;   // glob patterns of stream names; empty: as the catalog says
  std::vector<std::string> exclude;  // glob patterns of stream names
  std::string catalog_file;          // what `given` was read from, for messages
};

// The streams to read, in the catalog's order. `discovered` is what a Source gave; `given` is a catalog
// file's content, or null for none.
//
// Of the given catalog's streams (without one: of all) those are read that match a pattern of `select`.
// Without patterns: those whose root metadata, or in older catalogs whose stream or schema, has "selected":
// true ("true" will do); where none of these says anything, "selected-by-default" decides, which without a
// given catalog holds unless it is false. What matches `exclude` is not read.
//
// Of a stream's columns those are read that are selected in the given catalog's metadata, or, where that says
// nothing, by default; always the ones whose inclusion is automatic, the keys and the replication key; never
// the ones whose inclusion is unsupported. An object's properties are columns of their own, and are left out
// with it.
//
// A stream or pattern that matches nothing, a catalog of another shape, and a selection of nothing are usage
// failures that say where, and name what may have been meant.
Outcome<std::vector<SelectedStream>> select_streams(const json::object& discovered, const json::object* given,
                                                    const SelectionOptions& options);

}  // namespace tapster::host
