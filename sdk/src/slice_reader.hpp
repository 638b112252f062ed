// Reads one slice of a declared stream.
#pragma once

#include <tapster/records.hpp>
#include <tapster/source.hpp>

#include "prepared_stream.hpp"

namespace tapster {

// As SourceStream::read.
Result<void> read_slice(const PreparedStream& prepared, const ReadRequest& request, Records& records);

}  // namespace tapster
