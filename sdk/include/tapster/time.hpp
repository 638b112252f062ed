// Points in time and days, and their texts in RFC 3339: https://www.rfc-editor.org/rfc/rfc3339
// All functions are pure and usable from any thread. Times in e-mail headers: see mail_time.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapster {

// A point in time in UTC, in microseconds, as in records, states and slices.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// A point in time in UTC, in nanoseconds, for sources that are that precise. From the year 1678 to 2261.
using FineTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// A calendar day, without a time zone.
using Day = std::chrono::local_days;

// Converts between a time and microseconds since 1970-01-01T00:00:00Z, which the ABI uses.
inline int64_t to_unix_micros(Time time) {
  return time.time_since_epoch().count();
}
inline Time from_unix_micros(int64_t micros) {
  return Time(std::chrono::microseconds(micros));
}

// Parses "2026-01-31T12:00:00.8782715-05:00". The offset, or Z, is required. Fractional digits are optional;
// those after the ninth are ignored. Returns nothing for any other text, days that do not exist, and years
// outside 1678 to 2261.
std::optional<FineTime> parse_time(std::string_view text);

// A time as a source writes it: its local time, and how far that is ahead of UTC, if the text says so.
struct WrittenTime {
  std::chrono::local_time<std::chrono::microseconds> local;
  std::optional<std::chrono::minutes> offset;
};

// Parses a time in the extended or the basic form of ISO 8601, such as "2026-01-31T12:00:00.5+01:00",
// "2026-01-31 12:00", "2026-01-31T12:00:00+0100" or "20260131T120000Z". Seconds, fraction and offset may be
// missing; an offset may have no minutes, and a fraction may follow a comma. Digits after the sixth are
// ignored. Returns nothing for any other text and for days that do not exist. Years are 0001 to 9999.
std::optional<WrittenTime> parse_written_time(std::string_view text);

// Parses "2026-01-31". Returns nothing for any other text and for days that do not exist.
std::optional<Day> parse_day(std::string_view text);

// Appends "2026-01-31T12:00:00.878271Z". There are always six fractional digits, so texts sort as times do.
void append_time(std::string& out, Time time);

// Returns "2026-01-31T12:00:00Z" for a whole second, otherwise with six fractional digits.
std::string format_time(Time time);

// Appends or returns "2026-01-31".
void append_day(std::string& out, Day day);
std::string format_day(Day day);

}  // namespace tapster
