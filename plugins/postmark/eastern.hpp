// Postmark's calendar: its days and date filters are in US Eastern time, with daylight saving time.
//
// "The repeated hour" is the hour from 01:00 that occurs twice when clocks go back in autumn. A date filter
// in it is ambiguous, and Postmark does not document which of the two hours it means. All functions may be
// called from any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <tapster/bookmark.hpp>
#include <tapster/zone.hpp>

namespace postmark {

constexpr const char* eastern_name = "America/New_York";

// Returns it, or an error if the system has no time zones. Looked up once per process.
const tapster::Result<tapster::Zone>& find_eastern();

// The same without the error, for use after a config has been opened, which checks it.
inline const tapster::Zone& eastern() {
  return *find_eastern();
}

// Values of the filters fromdate and todate, "2026-11-01T00:00:00", both inclusive.
struct WallRange {
  std::string from, to;
  bool operator==(const WallRange&) const = default;
};

// Returns the narrowest filters that select every row of the window, however the API interprets them. They
// may select more: a second at the end, because it is not documented whether todate includes its fractions,
// and the repeated hour.
WallRange wall_range(tapster::Window window);

// Returns the times of all rows that the filters can select, however the API interprets them.
tapster::Window shown_by(const WallRange& range);

// Whether the time is in the repeated hour: one of two hours in UTC.
bool is_repeated(tapster::Time time);

// Returns the values of todate that may end at a time in the repeated hour. Which one does depends on how the
// API interprets that hour: the local time itself; the second before it, which may include its fractions; and
// the start of the hour, which may mean the end of the first of the two hours.
std::array<std::string, 3> todates_of_repeated(tapster::Time time);

// Converters: the seventh fractional digit of a timestamp, and a date as a number, 20260131.
bool seventh_digit(std::string_view time, std::string& out);
bool day_number(std::string_view date, std::string& out);

}  // namespace postmark
