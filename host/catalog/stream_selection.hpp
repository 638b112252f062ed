// The streams of a sync, from the catalog and the patterns.
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

// One stream to read.
struct SelectedStream {
  std::string name;     // tap_stream_id: what the connector knows it by
  std::string alias;    // the name in messages: stream_alias, or else the name
  json::object schema;  // JSON Schema with only the selected columns
  std::vector<std::string> key_properties;
  std::string replication_key;     // empty for FULL_TABLE
  bool is_full_by_choice = false;  // the catalog says FULL_TABLE of a stream that has a replication key
  std::string columns;             // the selected ones: see SelectedSchema
  std::vector<std::string> warnings =
      {};  // a sentence for each selected column that the connector does not have

  // The selected columns that have vanished, as members that are added to each record: "a":null,"b":null.
  std::string null_members = {};

  // The version of the rows that this run reads, set by give_versions for a full-table stream. Once the
  // stream is complete, they replace the rows of other versions. Without a version they replace nothing.
  std::optional<int64_t> version = {};
  bool is_first_read = false;  // no earlier run in the state has read it

  // Whether the run reads only a shard of it, and its bookmark says how far: see sync/shard.hpp.
  bool is_shard = false;

  // Whether it is read from the start each time.
  [[nodiscard]] bool is_full_table() const { return replication_key.empty() && !is_shard; }
};

struct SelectionOptions {
  Patterns patterns;         // of --select and --exclude
  std::string catalog_file;  // names `given` in messages
};

// The streams to read, in the catalog's order. `discovered` is what the source gave; `given` is a catalog
// file's content, or null. Patterns change what the catalog selects: see patterns.hpp; read_entries in
// catalog_entry.hpp says what it selects without them.
//
// "replication-method" FULL_TABLE in the given catalog means that an incremental stream is read from the
// start each time. "replication-key" can only be the stream's own. "view-key-properties" are the key of a
// stream that has none.
//
// A selected column that the connector does not have is a warning. In a stream whose columns vary, it stays
// in the schema and is null if the schema of the given catalog has it. A selected stream that it does not
// have, a pattern that matches nothing, a catalog of another shape, settings that a stream cannot have, and a
// selection of nothing are usage failures that say where, and suggest the nearest name.
Outcome<std::vector<SelectedStream>> select_streams(const json::object& discovered, const json::object* given,
                                                    const SelectionOptions& options);

// The same choice as a catalog: `given`, or else `discovered`, with "selected" in its metadata. Failures as
// those of select_streams, except that nothing needs to be selected.
Outcome<json::object> select_in_catalog(const json::object& discovered, const json::object* given,
                                        const SelectionOptions& options);

}  // namespace tapster::host
