#include "bounds.hpp"

namespace tapster {

using Unit = Incremental::Unit;

namespace {

Time rounded_up(Time time, std::chrono::seconds granularity) {
  const auto down = rounded_down(time, granularity);
  return down == time ? time : down + granularity;
}

}  // namespace

json::value written(const Incremental& incremental, const Zone& zone, Time time) {
  using Format = Incremental::Format;
  if (incremental.write) return incremental.write(time);
  const auto since_epoch = time.time_since_epoch();
  switch (incremental.unit == Unit::day ? Format::day : incremental.format) {
    case Format::unix_seconds:
      return std::chrono::floor<std::chrono::seconds>(since_epoch).count();
    case Format::unix_milliseconds:
      return std::chrono::floor<std::chrono::milliseconds>(since_epoch).count();
    case Format::day:
      return json::string(format_day(zone.day_of(time)));
    case Format::rfc3339:
      break;
  }
  return json::string(format_time(time));
}

Time rounded_down(Time time, std::chrono::seconds granularity) {
  const auto since_epoch = time.time_since_epoch();
  auto rest = since_epoch % granularity;
  if (rest < std::chrono::microseconds(0)) rest += granularity;
  return time - rest;
}
Arguments bounds_of(const Planner& planner, Window window) {
  const auto& incremental = planner.incremental();
  Arguments bounds;
  const auto& zone = planner.zone();
  if (incremental.from) {
    auto from = rounded_down(window.from, incremental.granularity);
    if (incremental.excludes_from) from -= incremental.granularity;
    bounds.push_back({*incremental.from, written(incremental, zone, from)});
  }
  if (!incremental.to) return bounds;
  auto to = rounded_up(window.to, incremental.granularity);
  // A day stands for all of it, or for its start.
  if (incremental.format == Incremental::Format::day && !incremental.write) {
    const auto last = zone.day_of(window.to - std::chrono::microseconds(1));
    to = zone.start_of(incremental.includes_to ? last : last + std::chrono::days(1));
  }
  bounds.push_back({*incremental.to, written(incremental, zone, to)});
  return bounds;
}

Arguments bounds_of(const Planner& planner, const DayRange& range) {
  const auto& incremental = planner.incremental();
  const auto& zone = planner.zone();
  const auto end = incremental.includes_to ? range.last : range.last + std::chrono::days(1);
  Arguments bounds;
  if (incremental.from)
    bounds.push_back({*incremental.from, written(incremental, zone, zone.start_of(range.first))});
  if (incremental.to) bounds.push_back({*incremental.to, written(incremental, zone, zone.start_of(end))});
  return bounds;
}

}  // namespace tapster
