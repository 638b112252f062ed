// The years that a FineTime can have.
#pragma once

#include <optional>
#include <tapster/time.hpp>

namespace tapster {

// The time, if its year in UTC is one that can be written and read again: an offset may lead out of the last
// year.
inline std::optional<FineTime> in_range(FineTime time) {
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  if (year < std::chrono::year(1678) || year > std::chrono::year(2261)) return std::nullopt;
  return time;
}

}  // namespace tapster
