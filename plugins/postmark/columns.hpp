// Columns of a stream that are put together from parts.
#pragma once

#include <tapster/stream.hpp>
#include <vector>

namespace postmark {

using Columns = std::vector<tapster::Column>;

inline Columns operator+(Columns some, const Columns& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

}  // namespace postmark
