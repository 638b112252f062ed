// Times and days as JSON strings.
#pragma once

#include <string>
#include <tapster/time.hpp>

namespace tapster {

inline void append_quoted(Time time, std::string& out) {
  out.push_back('"');
  append_time(out, time);
  out.push_back('"');
}

inline void append_quoted(Day day, std::string& out) {
  out.push_back('"');
  append_day(out, day);
  out.push_back('"');
}

}  // namespace tapster
