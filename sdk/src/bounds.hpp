// The bounds of a slice as arguments of its requests.
#pragma once

#include <chrono>
#include <tapster/incremental.hpp>
#include <tapster/request_template.hpp>
#include <tapster/time.hpp>
#include <tapster/zone.hpp>

namespace tapster {

// The time as the API gets it: see Incremental::format and Incremental::write.
json::value written(const Incremental& incremental, const Zone& zone, Time time);

// A multiple of the granularity.
Time rounded_down(Time time, std::chrono::seconds granularity);

// The arguments that request a window of times, or a range of days.
Arguments bounds_of(const Planner& planner, Window window);
Arguments bounds_of(const Planner& planner, const DayRange& range);

}  // namespace tapster
