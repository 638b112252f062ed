// Selection by pattern: the options --select and --exclude, and `tapster select`.
#pragma once

#include <string>
#include <tapster/error.hpp>
#include <vector>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

// A pattern is STREAM, STREAM.COLUMN or STREAM.COLUMN.PROPERTY…: what stands before the first dot matches
// names of streams, the rest matches the dotted paths of columns and of what is inside them, where the items
// of an array are not a step ("messages_outbound.to.Email"). In both, *, ? and [abc] work as in a shell; *
// matches dots as well. Write a dot that belongs to a stream's name as "\\.".
struct Patterns {
  std::vector<std::string> select, exclude;
  std::string select_word = "--select";  // what messages call a pattern of `select`

  [[nodiscard]] bool is_empty() const { return select.empty() && exclude.empty(); }
};

// Selects in the entries what the patterns say.
//
// With patterns in `select` the streams that match one are selected, and no others; without, those that the
// catalog selects. A pattern STREAM alone keeps the columns that the catalog selects, by its own flags or by
// default; with a column, it selects those that match, with all that is inside them and the objects that they
// are in. Then what matches `exclude` is deselected, with all that is inside it.
//
// A pattern that matches nothing is an error (of class config), and so is one in `exclude` that matches only
// columns that are always read.
Result<void> apply_patterns(const Patterns& patterns, std::vector<CatalogEntry>& entries);

}  // namespace tapster::host
