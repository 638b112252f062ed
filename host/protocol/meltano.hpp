// The definition of a tap for Meltano.
// https://docs.meltano.com/reference/plugin-definition-syntax
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

namespace tapster::host {

// The capabilities of our taps, by their names in Meltano Hub's schema for extractors.
const std::vector<std::string>& tap_capabilities();

// The definition of the tap of a connector as YAML, a file that meltano.yml can include. `catalog`, unless
// it is null, gives the default selection; without one Meltano selects everything.
std::string meltano_definition(std::string_view connector, std::string_view description,
                               const json::object& spec, const json::object* catalog);

}  // namespace tapster::host
