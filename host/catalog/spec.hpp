// What a connector's spec, a JSON Schema of its config, says about its settings.
#pragma once

#include <string_view>
#include <tapster/json.hpp>

namespace tapster::host {

// Whether the schema of a setting, or of a part of it, says "secret": true.
bool is_secret(const json::object& schema);

// Whether a config cannot do without the setting.
bool is_required(const json::object& spec, std::string_view setting);

}  // namespace tapster::host
