#include <date/tz.h>
#include <fmt/format.h>

#include <tapster/zone.hpp>

namespace tapster {

// The date library has its own type of local time. The counts are the same.
static date::local_time<std::chrono::microseconds> to_date(LocalTime local) {
  return date::local_time<std::chrono::microseconds>(local.time_since_epoch());
}

Result<Zone> Zone::find(std::string_view name) {
  if (name == "UTC") return utc();
  try {
    return Zone(date::locate_zone(name));
  } catch (const std::exception& error) {
    return internal_error(
        fmt::format("the system has no time zone {}: install the package tzdata ({})", name, error.what()));
  }
}

LocalTime Zone::to_local(Time time) const {
  if (zone_ == nullptr) return LocalTime(time.time_since_epoch());
  return LocalTime(zone_->to_local(time).time_since_epoch());
}

Zone::Readings Zone::to_time(LocalTime local) const {
  if (zone_ == nullptr) return {Time(local.time_since_epoch()), Time(local.time_since_epoch())};
  const auto info = zone_->get_info(to_date(local));
  const auto as_read_by = [&](const date::sys_info& sys) {
    return Time(local.time_since_epoch() - sys.offset);
  };
  switch (info.result) {
    case date::local_info::ambiguous:
      return {as_read_by(info.first), as_read_by(info.second)};
    case date::local_info::nonexistent:
      return {Time(info.first.end), Time(info.first.end)};
    default:
      return {as_read_by(info.first), as_read_by(info.first)};
  }
}

}  // namespace tapster
