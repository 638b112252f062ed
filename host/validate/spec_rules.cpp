// The rule about the spec.
#include <fmt/format.h>

#include "catalog/json_schema.hpp"
#include "catalog/schema_validator.hpp"
#include "validate/families.hpp"

namespace tapster::host {

namespace {

void check_setting(Trial& trial, std::string_view name, const json::value& value) {
  const auto* setting = value.if_object();
  const auto what = fmt::format("the setting \"{}\" ", name);
  if (setting == nullptr) {
    trial.fail(what + "is not an object", "Give each property a schema with a description.");
    return;
  }
  if (text_of(*setting, "description").empty())
    trial.fail(what + "has no description", "Describe each setting: people read it in `tapster info`.");
  const auto* secret = setting->if_contains("secret");
  if (secret != nullptr && !secret->is_bool())
    trial.fail(what + "has a \"secret\" that is not a boolean", "Write \"secret\": true.");
  const auto* given = setting->if_contains("default");
  if (given == nullptr) return;
  const auto errors = schema_errors({{name, *given}}, {{"properties", json::object{{name, value}}}});
  if (errors && !errors->empty())
    trial.fail("the default does not fit its own rules: " + errors->front(),
               "Correct the default or the rules.");
}

}  // namespace

void check_spec(Trial& trial) {
  const auto connector = trial.load();
  if (!connector) return;
  trial.doing("spec");
  const auto spec = connector->spec();
  const char* const fix = R"(Push one line: a JSON Schema, draft 7, of type "object" with "properties".)";
  if (!spec) {
    trial.fail(spec.error().message, fix);
    return;
  }
  trial.keep("spec", *spec);
  if (text_of(*spec, "type") != "object") trial.fail("its root is not of type \"object\"", fix);
  const auto compiled = SchemaValidator::compile(*spec);
  if (!compiled) {
    trial.fail(compiled.error().message, fix);
    return;
  }
  for (const auto& [name, value] : spec->at("properties").as_object()) check_setting(trial, name, value);
  const auto again = connector->spec();
  if (!again || *again != *spec) trial.fail("a second call gives another spec", "Make spec a constant.");
}

}  // namespace tapster::host
