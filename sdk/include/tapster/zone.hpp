// Time zones, from the system's tz database (https://www.iana.org/time-zones) through Howard Hinnant's date
// library.
#pragma once

#include <chrono>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/time.hpp>

namespace date {
class time_zone;
}

namespace tapster {

// Wall time: what a clock on the wall shows, without saying where.
using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

// A place's civil time. A light value; every member may be called from any thread.
class Zone {
 public:
  // By its name in the database, such as "America/New_York". An internal error where the system does not know
  // it, which means that its tzdata is missing.
  static Result<Zone> find(std::string_view name);

  // What the wall shows at a time.
  [[nodiscard]] LocalTime to_local(Time time) const;

  // The day that a time falls on.
  [[nodiscard]] Day day_of(Time time) const { return std::chrono::floor<std::chrono::days>(to_local(time)); }

  // When a day begins.
  [[nodiscard]] Time start_of(Day day) const { return to_time(LocalTime(day)).earliest; }

  // When the wall shows a time: twice in the hour that autumn repeats, otherwise once. A wall time that
  // spring skips counts as the moment of the jump.
  struct Readings {
    Time earliest, latest;
  };
  [[nodiscard]] Readings to_time(LocalTime local) const;

 private:
  explicit Zone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;
};

}  // namespace tapster
