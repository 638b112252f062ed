// Time zones of the system's tz database (https://www.iana.org/time-zones), read with Howard Hinnant's date
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

// Local time: what a clock on the wall shows, without a time zone.
using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

// A time zone: cheap to copy, valid as long as the process. Every member may be called from any thread.
class Zone {
 public:
  // Finds a zone by name, such as "America/New_York". Errors: internal, if the zone is unknown or the
  // system's tzdata is not installed.
  static Result<Zone> find(std::string_view name);

  // The zone UTC. It needs no tzdata.
  static Zone utc() { return Zone(nullptr); }

  // The local time at a point in time.
  [[nodiscard]] LocalTime to_local(Time time) const;

  // The local day of a point in time.
  [[nodiscard]] Day day_of(Time time) const { return std::chrono::floor<std::chrono::days>(to_local(time)); }

  // The start of a local day.
  [[nodiscard]] Time start_of(Day day) const { return to_time(LocalTime(day)).earliest; }

  // The points in time at which a local time occurs. They are equal, except in the hour that is repeated when
  // clocks go back. A local time that is skipped when clocks go forward gives the moment of the change.
  struct Readings {
    Time earliest, latest;
  };
  [[nodiscard]] Readings to_time(LocalTime local) const;

 private:
  explicit Zone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;  // null for UTC
};

}  // namespace tapster
