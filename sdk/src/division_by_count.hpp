// Divides a window of time into slices by the API's own count of its rows.
#pragma once

#include <tapster/incremental.hpp>
#include <tapster/source.hpp>

#include "prepared_stream.hpp"

namespace tapster {

// Pushes slices of at most Incremental::rows_of_a_slice rows: halves of the window, halves of those, and so
// on, at two requests for each division. A window of one granule is not divided. Errors: those of the
// request; source, for a response without a count, or if the API ignores the bounds.
Result<void> divide_by_count(const PreparedStream& prepared, Window window, const Partition& partition,
                             Slices& slices);

}  // namespace tapster
