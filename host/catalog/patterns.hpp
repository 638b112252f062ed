// Selection by pattern: the options --select and --exclude, and `tapster select`.
#pragma once

#include <string>
#include <tapster/error.hpp>
#include <vector>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

// A pattern is STREAM, STREAM.COLUMN or STREAM.COLUMN.PROPERTY…: the text before the first dot matches names
// of streams; the rest matches the dotted paths of columns and of properties inside them, in which the items
// of an array are not a step ("messages_outbound.to.Email"). In both, *, ? and [abc] work as in a shell; *
// matches dots as well. Write a dot that belongs to a stream's name as "\.".
struct Patterns {
  std::vector<std::string> select, exclude;
  std::string select_word = "--select";  // what messages call a pattern of `select`

  [[nodiscard]] bool is_empty() const { return select.empty() && exclude.empty(); }
};

// Applies the patterns to the entries.
//
// With patterns in `select` the streams that match one are selected, and no others; without such patterns,
// the streams that the catalog selects. A pattern STREAM alone keeps the columns that the catalog selects, by
// its own flags or by default; a pattern with a column selects the columns that match, with everything inside
// them and the objects that they are in. Then everything that matches `exclude` is deselected, with
// everything inside it.
//
// A pattern that matches nothing is an error (of class config), and so is one in `exclude` that matches only
// columns that are always read. In a stream whose columns vary, a pattern without a column to match is a
// warning of the entry, and selects the columns that are always read.
Result<void> apply_patterns(const Patterns& patterns, std::vector<CatalogEntry>& entries);

}  // namespace tapster::host
