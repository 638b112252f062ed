// A catalog as values: its streams and their columns, and which of them are selected.
//
// A catalog is read into entries once. Patterns and the selection screen change `is_selected` in them;
// select_streams makes the streams of a sync from them; with_selection writes them back into a catalog.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "catalog/metadata.hpp"

namespace tapster::host {

// A column, or a property inside one: of an object, or of the objects of an array.
struct Column {
  Breadcrumb breadcrumb;
  std::string path;     // dotted, "to.Email": the items of an array are not a step
  bool is_automatic;    // always read: of the key or the replication key, or its inclusion is automatic
  bool is_unsupported;  // never read
  bool is_selected;     // only matters if the columns that it is in are selected
  std::vector<Column> inside;
  bool has_vanished = false;  // in a stream whose columns vary: only the given catalog has it
};

// Refers to the catalogs, which must outlive it.
struct CatalogEntry {
  std::string name;  // tap_stream_id
  const json::object* discovered;
  const json::object* given = nullptr;  // null without a given catalog
  std::string path;                     // where it is in the catalog, for messages: streams[3]
  Metadata discovered_metadata;
  Metadata given_metadata;
  bool is_selected;
  std::vector<Column> columns;  // in the order of the schema, then those that have vanished
  std::vector<std::string> warnings = {};

  // Whether the stream's columns are found by request, so that they may differ from the given catalog's: see
  // tapster_connector.discover.
  [[nodiscard]] bool columns_vary() const;
};

// The streams of a catalog that Source::discover has checked or, if `given` is not null, those of `given` in
// its order. `given` may also be both: tapster select edits a catalog alone.
//
// A stream is selected if `given` says so, in its metadata or in the older ways beside its name or in its
// schema. If `given` does not say, "selected-by-default" decides; without `given`, a stream is selected
// unless that is false. A column is selected if `given` says so or, if it does not say, by default; an
// automatic one always is, an unsupported one never. In a stream whose columns vary, a column of the schema
// of `given` that the connector does not have any more stays a column.
//
// A stream of `given` that the connector does not offer is skipped unless it is selected: the catalog may
// have been made with another config.
//
// `what` names the catalog in errors. They are of class config: a given catalog of another shape, without
// streams, with a stream twice, or with a selected stream that is not offered.
Result<std::vector<CatalogEntry>> read_entries(const json::object& discovered, const json::object* given,
                                               std::string_view what);

// The tap_stream_id of a catalog's stream, or what the oldest catalogs have instead; empty if it has neither.
std::string name_of(const json::object& stream);

std::vector<std::string> names_of(const std::vector<CatalogEntry>& entries);

// The dotted paths of columns and of all that is inside them.
std::vector<std::string> paths_of(const std::vector<Column>& columns);

// The dotted paths of the columns that the given catalog selects and the connector does not have. Properties
// inside an unknown column are not listed.
std::vector<std::string> unknown_columns(const CatalogEntry& entry);

// The catalog with "selected" in the metadata of every stream that has an entry and, if that is selected, of
// its columns. `entries` are in the order of the streams. Nothing else changes.
json::object with_selection(json::object catalog, const std::vector<CatalogEntry>& entries);

}  // namespace tapster::host
