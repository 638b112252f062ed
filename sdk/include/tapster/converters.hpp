// Ready-made converters for columns whose source writes a value in another form: see Column::convert. All of
// them take a text or a number, read an empty text as null, and fail on anything else that they do not name.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <tapster/stream.hpp>

namespace tapster {

// For timestamps: seconds or milliseconds since 1970-01-01T00:00:00Z, which may have a fraction and a sign.
bool epoch_seconds(std::string_view text, std::string& out);
bool epoch_milliseconds(std::string_view text, std::string& out);

// For numbers and integers in a text, such as "12.50" or "-3": the digits are kept. Texts that are not a JSON
// number, such as "1,5" or "0x10", cannot be read, nor integers of more than 64 bits.
bool number_in_text(std::string_view text, std::string& out);
bool integer_in_text(std::string_view text, std::string& out);

// For booleans: true, yes, 1, and false, no, 0, in any case.
bool boolean_in_text(std::string_view text, std::string& out);

// For timestamps: the Date header of a mail; null if it is not a time. See mail_time.hpp.
bool mail_time(std::string_view text, std::string& out);

// For dates: the day with which a text starts, such as "2026-01-31T00:00:00".
bool date_in_text(std::string_view text, std::string& out);
// For dates: the day of a time, with an offset, in a zone such as "America/New_York". The system must have
// the zone.
Convert day_in_zone(const char* zone);

// For texts: "" and "null", "none", "n/a" and "-", in any case, are null.
bool null_in_text(std::string_view text, std::string& out);

}  // namespace tapster
