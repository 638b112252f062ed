// How long a line of output may be.
#pragma once

#include <tapster/connector.h>
#include <cstddef>
#include <tapster/error.hpp>

namespace tapster::host {

// Bytes of a record's JSON. What a format puts around it takes less than a kilobyte more.
inline constexpr std::size_t longest_record = std::size_t{10} << 20U;

// A source error where a record of the batch is longer. It names the column that takes the most room, which
// can be left out, and shows no value. Any thread.
Result<void> check_length(const tapster_batch& batch);

}  // namespace tapster::host
