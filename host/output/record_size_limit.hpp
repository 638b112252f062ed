// How long a line of output may be.
#pragma once

#include <tapster/connector.h>
#include <cstddef>
#include <tapster/error.hpp>

namespace tapster::host {

// Bytes of a record's JSON. What a format adds around it is less than a kilobyte.
inline constexpr std::size_t longest_record = std::size_t{10} << 20U;

// A source error if a record of the batch is longer. It names the largest column, which can be left out, and
// shows no value. Any thread.
Result<void> check_length(const tapster_batch& batch);

}  // namespace tapster::host
