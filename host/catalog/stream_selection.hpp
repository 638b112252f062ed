// The catalog, in Singer's form, and the selection of streams and columns.
// https://github.com/singer-io/getting-started/blob/master/docs/DISCOVERY_MODE.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "catalog/patterns.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// One stream that is to be read.
struct SelectedStream {
  std::string name;     // tap_stream_id: what the connector knows it by
  std::string alias;    // the name in messages: stream_alias, or else the name
  json::object schema;  // JSON Schema with only the selected columns
  std::vector<std::string> key_properties;
  std::string replication_key;  // empty for FULL_TABLE
  std::string columns;  // the selected columns for the ABI: a JSON array of JSON Pointers; empty for all
  std::vector<std::string> warnings = {};  // of columns that are selected and not there: a sentence each

  // Of a full-table stream, set by give_versions: of the rows that this run reads, which take the place of all
  // others once it is complete; nothing where they do not.
  std::optional<int64_t> version = {};
  bool is_first_read = false;  // no run that the state knows of has read it

  // Whether it is read from the start each time, whatever was read before.
  [[nodiscard]] bool is_full_table() const { return replication_key.empty(); }
};

struct SelectionOptions {
  Patterns patterns;         // of --select and --exclude
  std::string catalog_file;  // what `given` was read from, for messages
};

// The streams to read, in the catalog's order. `discovered` is what a Source gave; `given` is a catalog
// file's content, or null for none. Where there are patterns, they mark the catalog first: see patterns.hpp.
//
// Of the given catalog's streams (without one: of all) those are read whose root metadata, or in older catalogs
// whose stream or schema, has "selected": true ("true" will do); where none of these says anything,
// "selected-by-default" decides, which without a given catalog holds unless it is false.
//
// Of a stream's columns, and of the properties of objects and of the objects of arrays inside them, those are
// read that are selected in the given catalog's metadata, or, where that says nothing, by default; always the
// ones whose inclusion is automatic, the keys and the replication key; never the ones whose inclusion is
// unsupported. What is inside a deselected one is left out with it.
//
// "replication-method" in the given catalog, FULL_TABLE, has an incremental stream read from the start each time.
// "replication-key" can only be what it is. "view-key-properties" are the key of a stream that has none.
//
// Of the given catalog's streams that the connector does not offer those that are not selected are passed over: it
// may have been made with another config. A selected column that the connector does not have is a warning.
//
// A selected stream or a pattern that matches nothing, a catalog of another shape, what cannot be, and a selection of
// nothing are usage failures that say where, and name what may have been meant.
Outcome<std::vector<SelectedStream>> select_streams(const json::object& discovered, const json::object* given,
                                                    const SelectionOptions& options);

}  // namespace tapster::host
