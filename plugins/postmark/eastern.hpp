// Postmark's calendar: its days and its date filters are US Eastern wall time, summer time included.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <tapster/bookmark.hpp>
#include <tapster/zone.hpp>

namespace postmark {

// America/New_York; an error where the system lacks its time zones. Found once in the life of the process.
const tapster::Result<tapster::Zone>& find_eastern();

// The same when it is known to be there: `open` has looked.
inline const tapster::Zone& eastern() {
  return *find_eastern();
}

// Values of the filters fromdate and todate, "2026-11-01T00:00:00", both inclusive.
struct WallRange {
  std::string from, to;
  bool operator==(const WallRange&) const = default;
};

// The narrowest filters that give every row of the window, whichever way the API reads them. They may give
// more: a second at the end, as nobody says whether todate includes its fractions, and all of the hour that
// autumn repeats, as nobody says which of the two is meant.
WallRange wall_range(tapster::Window window);

// The times of all rows that filters give, whichever way the API reads them.
tapster::Window shown_by(const WallRange& range);

// Whether the wall shows this time twice: in the two hours of UTC that are the one that autumn repeats.
bool is_repeated(tapster::Time time);

// Values of todate that may end at a time that the wall shows twice. Which of them does depends on how the
// API reads that hour: the wall time itself, the second before it, which may include its fractions, and the
// hour's beginning, which may be taken for the end of the first of the two.
std::array<std::string, 3> todates_of_repeated(tapster::Time time);

// Columns that are made from one of Postmark's timestamps: the Eastern day, and the digit that follows the
// sixth one.
bool eastern_day(std::string_view time, std::string& out);
bool seventh_digit(std::string_view time, std::string& out);

// Columns that are made from the "Date" of a day's statistics: the day, and the day as a number, 20260131.
bool day(std::string_view date, std::string& out);
bool day_number(std::string_view date, std::string& out);

}  // namespace postmark
