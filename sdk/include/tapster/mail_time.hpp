// Times in the format of e-mail headers.
#pragma once

#include <optional>
#include <string_view>
#include <tapster/time.hpp>

namespace tapster {

// Parses the Date header of an e-mail or an HTTP message, "Sat, 31 Jan 2026 12:00:00 -0500": RFC 5322,
// section 3.3, with comments and the obsolete forms of section 4.3 (two-digit years, zones such as GMT and
// EST). The name of the day is optional and does not have to match the date. Returns nothing for any other
// text, dates that do not exist, years outside 1678 to 2261, and a missing or unknown zone. Pure; any thread.
std::optional<FineTime> parse_mail_time(std::string_view text);

}  // namespace tapster
