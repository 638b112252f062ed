// Reads a small list. Each sync reads all of it.
#pragma once

#include <tapster/source.hpp>

#include "api.hpp"
#include "servers.hpp"
#include "streams.hpp"

namespace postmark {

// Pushes one slice, {}. If each message stream has its own list, pushes one slice for each,
// {"message_stream":"outbound"}, with "is_archived" if it is, in a partition of its own.
tapster::Result<void> plan_list(const SmallList& list, Servers::Part& part);

// Emits the rows of a slice, and none of an archived message stream that the API refuses. If the rows of the
// pages do not add up to TotalCount, the list is read again. Details are read of each listed row. Errors:
// source, if that does not help, or the list is longer than the API shows; those of Api::get.
tapster::Result<void> read_list(Api& api, const SmallList& list, const tapster::Projection& projection,
                                const tapster::json::object& slice, tapster::Records& records);

}  // namespace postmark
