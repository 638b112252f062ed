// Well-formed but wrong responses: what a list shows while its rows move, or what a stale cache returns.
#pragma once

#include <string>

#include "api.hpp"

namespace tapster::sandbox {

struct Lie {
  enum class Kind {
    total,      // TotalCount is `number`
    more,       // TotalCount is this much higher
    same_page,  // the first page, for every offset
    skips,      // every page but the first starts one row late: a row moved to the page before
    leaves,     // the same, and the total is one less: a row of the page before has disappeared
    hides,      // the last row is missing, and the total is one less
    nothing,    // there are no rows, and the total is 0
    twice,      // the first row is shown twice, and the total counts both
    member,     // a member has another value; `text` is NAME=VALUE
  } kind = Kind::total;
  int64_t number = 0;
  std::string text = {};
};

// Returns the target whose response is used instead.
std::string instead_of(const Lie& lie, const std::string& target);

// Falsifies the response of a list. Other responses are not changed.
void distort(const Lie& lie, const std::string& target, Answer& answer);

}  // namespace tapster::sandbox
