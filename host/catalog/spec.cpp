#include "catalog/spec.hpp"

#include <algorithm>

namespace tapster::host {

bool is_secret(const json::object& schema) {
  const auto* secret = schema.if_contains("secret");
  return secret != nullptr && *secret == true;
}

bool is_required(const json::object& spec, std::string_view setting) {
  const auto* required = find_array(spec, "required");
  return required != nullptr &&
         std::find(required->begin(), required->end(), json::value(setting)) != required->end();
}

}  // namespace tapster::host
