// The id of a row whose key is one column.
#pragma once

#include <string>
#include <tapster/json.hpp>
#include <tapster/record_parser.hpp>

namespace tapster {

// Returns the key as text: a string without its quotes and escapes, a number as it is.
inline std::string id_of(const Row& row) {
  const auto json = row.key.substr(0, row.key.size() - 1);  // without the line break
  const auto value = parse_json(json, "the key");
  return value && value->is_string() ? std::string(view(value->get_string())) : std::string(json);
}

}  // namespace tapster
