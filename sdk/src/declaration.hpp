// Checks of what a connector declares. They run when a config is opened, so that a mistake does not surface
// in the middle of a sync.
#pragma once

#include <tapster/source.hpp>
#include <vector>

namespace tapster {

// Returns an internal error for the first setting that is declared twice, or whose default_value or rules are
// not JSON.
Result<void> check_settings(const Connector& connector);

// Returns an internal error that names the stream, the column and the mistake: an empty or repeated name, a
// key or replication key that is not a column, a path that is not a JSON Pointer or conflicts with the path
// of another column, or `inside` or `missing` that are not JSON.
Result<void> check_streams(const std::vector<const Stream*>& streams);

// Returns an internal error if the stream has no such column. For values set by the connector's code.
Result<void> check_column_name(const Stream& stream, std::string_view column);

}  // namespace tapster
