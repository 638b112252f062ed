// Points in time and their texts: RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339), and that of mail
// headers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapster {

// A point in time, UTC, to the microsecond: what records, states and slices hold.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// A point in time to the nanosecond, as sources may write it. Between the years 1678 and 2261.
using FineTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// A calendar day without a zone.
using Day = std::chrono::local_days;

// Microseconds since 1970-01-01T00:00:00Z, as the ABI counts, and back.
inline int64_t to_unix_micros(Time time) {
  return time.time_since_epoch().count();
}
inline Time from_unix_micros(int64_t micros) {
  return Time(std::chrono::microseconds(micros));
}

// Reads "2026-01-31T12:00:00.8782715-05:00": any number of fractional digits (those past the ninth are cut
// off), and an offset or Z, which is required. Anything else, and days that do not exist, give nothing.
std::optional<FineTime> parse_time(std::string_view text);

// Reads "2026-01-31". Anything else, and days that do not exist, give nothing.
std::optional<Day> parse_day(std::string_view text);

// Appends "2026-01-31T12:00:00.878271Z", always with six fractional digits, so that text sorts as time does.
void append_time(std::string& out, Time time);

// "2026-01-31T12:00:00Z" if the time is a whole second, otherwise with six fractional digits.
std::string format_time(Time time);

// Appends "2026-01-31".
void append_day(std::string& out, Day day);
std::string format_day(Day day);

}  // namespace tapster
