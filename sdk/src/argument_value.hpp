// Values of responses as arguments of requests.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <tapster/request_template.hpp>

namespace tapster {

// A number, given by its text. Only a body distinguishes it from a text; everywhere else its digits stay as
// they are.
json::value number_argument(const Place& place, std::string_view text);

// A value, given by its JSON text.
json::value argument_of(const Place& place, std::string_view text);

}  // namespace tapster
