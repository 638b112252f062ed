// Mistakes in what an author declares, found when the config is opened rather than in the middle of a sync.
#pragma once

#include <tapster/source.hpp>
#include <vector>

namespace tapster {

// An internal error names the first setting that is declared twice, or whose default_value or rules are not
// JSON.
Result<void> check_settings(const Connector& connector);

// An internal error names the stream, the column and the mistake: a name that is empty or used twice, a key
// or replication key that is not a column, a path that is not a JSON Pointer or cannot be read beside another
// column's, or `inside` or `missing` that are not JSON.
Result<void> check_streams(const std::vector<const Stream*>& streams);

// An internal error where the connector's code gives a value for a column that the stream does not have.
Result<void> check_column_name(const Stream& stream, std::string_view column);

}  // namespace tapster
