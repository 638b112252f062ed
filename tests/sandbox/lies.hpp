// Well-formed answers that are not true: what a list shows while its rows move, or a cache before it answers.
#pragma once

#include <string>

#include "api.hpp"

namespace tapster::sandbox {

struct Lie {
  enum class Kind {
    total,      // TotalCount is `number`
    more,       // TotalCount is this much higher
    same_page,  // the first page, whatever the offset
    skips,    // every page but the first begins one row late: a row crossed the border while the total stayed
    leaves,   // the same, and the total is one less: a row of the page before has left
    hides,    // the last row is missing, and the total is one less
    nothing,  // no rows and a total of 0
    twice,    // the first row comes twice, and the total counts both
    member,   // the member NAME has this VALUE, `text` being NAME=VALUE
  } kind = Kind::total;
  int64_t number = 0;
  std::string text = {};
};

// The target that is answered instead of this one.
std::string instead_of(const Lie& lie, const std::string& target);

// Makes the answer of a list untrue. Any other answer stays as it is.
void distort(const Lie& lie, const std::string& target, Answer& answer);

}  // namespace tapster::sandbox
