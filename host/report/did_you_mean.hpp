// "Did you mean": the known word that a mistyped one is nearest to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tapster::host {

// The candidate that differs from `word` by the fewest typing errors (a letter added, missing or replaced, or
// two swapped), if they are few enough for a typo; otherwise empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean \"postmark\"?", or nothing if no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tapster::host
