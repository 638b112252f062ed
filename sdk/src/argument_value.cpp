#include "argument_value.hpp"

namespace tapster {

json::value number_argument(const Place& place, std::string_view text) {
  if (place.in == Place::In::body) {
    const auto number = parse_json(text, "a number");
    // An integer of more digits than fit would change.
    const bool is_exact =
        number && (!number->is_double() || text.find_first_of(".eE") != std::string_view::npos);
    if (is_exact) return *number;
  }
  return json::string(text);
}

json::value argument_of(const Place& place, std::string_view text) {
  const auto value = parse_json(text, "a value");
  if (!value) return json::string(text);
  return value->is_number() ? number_argument(place, text) : *value;
}

}  // namespace tapster
