// Reading a small list, which is read as a whole each time.
#pragma once

#include <tapster/source.hpp>

#include "api.hpp"
#include "servers.hpp"
#include "streams.hpp"

namespace postmark {

// One slice, {}; of a list that each message stream has, one for each, {"message_stream":"outbound"}, in a
// partition of its own.
tapster::Result<void> plan_list(const SmallList& list, Servers::Part& part);

// Emits the rows of a slice. Where those of a list's pages do not add up to its count, it is read again; if
// that does not help, or it is longer than the API shows, that is a source error.
tapster::Result<void> read_list(Api& api, const SmallList& list, const tapster::Projection& projection,
                                const tapster::json::object& slice, tapster::Records& records);

}  // namespace postmark
