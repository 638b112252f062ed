// A config for rules that open a source and make no request.
#pragma once

#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <vector>

namespace tapster::host {

// A config made from the spec: its required settings and its secrets, with examples, defaults and simple
// values. Nothing if the spec asks for more than that.
std::optional<json::object> placeholder_config(const json::object& spec);

// A secret of a config.
struct SecretSetting {
  std::string name, value;
};

// The texts of at least four bytes in the settings that the spec marks as secret.
std::vector<SecretSetting> secrets_of(const json::object& config, const json::object& spec);

}  // namespace tapster::host
