// Reads one slice of a declared stream.
#pragma once

#include <string_view>
#include <tapster/records.hpp>
#include <tapster/request_template.hpp>
#include <tapster/source.hpp>

#include "prepared_stream.hpp"

namespace tapster {

// As SourceStream::read. `arguments` are added to each request: those that a record of the parent gives.
Result<void> read_slice(const PreparedStream& prepared, const ReadRequest& request, Records& records,
                        Arguments arguments = {});

// Logs and counts that a record of the parent is skipped: see Parent::skip_missing.
void skip_parent(const PreparedStream& prepared, std::string_view why);

}  // namespace tapster
