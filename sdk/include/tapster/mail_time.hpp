// Times as e-mail headers write them.
#pragma once

#include <optional>
#include <string_view>
#include <tapster/time.hpp>

namespace tapster {

// Reads the Date header of a mail, "Sat, 31 Jan 2026 12:00:00 -0500", which HTTP has too: RFC 5322,
// section 3.3, with the obsolete forms of section 4.3 (years of two digits, zones such as GMT and EST) and
// comments. The day's name may be missing and is not held against the date. Anything else gives nothing, and
// so do days that do not exist, years outside of FineTime, and a zone that is missing or that nobody knows.
std::optional<FineTime> parse_mail_time(std::string_view text);

}  // namespace tapster
