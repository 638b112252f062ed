// Selection by pattern: the options --select and --exclude, and `tapster select`.
#pragma once

#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "system/exit_code.hpp"

namespace tapster::host {

// A pattern is STREAM, STREAM.COLUMN or STREAM.COLUMN.PROPERTY…: up to the first dot it means the names of streams,
// after it the dotted paths of columns and what is inside them, where the items of an array are no step
// ("messages_outbound.to.Email"). In both parts *, ? and [abc] work as in a shell; * means dots as well. A dot
// that belongs to a stream's name is written "\.".
struct Patterns {
  std::vector<std::string> select, exclude;
  std::string select_word = "--select";  // what messages call a pattern of `select`

  [[nodiscard]] bool is_empty() const { return select.empty() && exclude.empty(); }
};

// A catalog that says of each stream, and of each column of those that are read, whether it is "selected": `given`,
// or else `discovered`, marked as the patterns say. Nothing else in it changes.
//
// With patterns in `select` the streams that match one are read, and no others; without, those that the catalog
// selects. A pattern STREAM alone reads the columns that the catalog selects or that are selected by default; with
// a column, those that match, with all that is inside them and the objects that they are in. Then what matches
// `exclude` is left out, with all that is inside it.
//
// A pattern that matches nothing, or in `exclude` only columns that are always read, is a usage failure, as is a
// catalog of another shape; `file` names the given catalog in it.
Outcome<json::object> mark(const json::object& discovered, const json::object* given,
                           const Patterns& patterns, const std::string& file);

}  // namespace tapster::host
