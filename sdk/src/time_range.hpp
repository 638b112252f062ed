// The range of years of FineTime.
#pragma once

#include <optional>
#include <tapster/time.hpp>

namespace tapster {

// Returns the time if its year in UTC can be written and parsed again; otherwise nothing. An offset may lead
// to the next year.
inline std::optional<FineTime> in_range(FineTime time) {
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  if (year < std::chrono::year(1678) || year > std::chrono::year(2261)) return std::nullopt;
  return time;
}

}  // namespace tapster
