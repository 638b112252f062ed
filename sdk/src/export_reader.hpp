// Reads a slice by an export: see Export.
#pragma once

#include <tapster/records.hpp>
#include <tapster/request_template.hpp>

#include "prepared_stream.hpp"
#include "streamed_reader.hpp"

namespace tapster {

// Reads all records of the slice. `arguments` are those of the slice: its bounds and its partition. Errors:
// source, for an export that failed twice, is not ready in time, or has no id; transient, if it vanished or
// changed after records were pushed; those of the requests and of the parser.
Result<void> read_export(const PreparedStream& prepared, const json::object& slice,
                         const Arguments& arguments, Records& records, StreamedReader& reader);

}  // namespace tapster
