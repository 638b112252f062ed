// The header Link: https://www.rfc-editor.org/rfc/rfc8288
#pragma once

#include <string>
#include <string_view>

namespace tapster {

// Returns the target of the link with rel="next"; empty if there is none.
std::string next_link(std::string_view header);

}  // namespace tapster
