// A tap's --about and --version.
// https://sdk.meltano.com/en/latest/cli_commands.html#about
#include <fmt/format.h>

#include "catalog/spec.hpp"
#include "commands/commands.hpp"
#include "commands/config.hpp"
#include "protocol/meltano.hpp"
#include "protocol/reference.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "system/commit.hpp"

namespace tapster::host {

namespace {

std::string bullets(std::string_view bullet, const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += fmt::format("{}{}\n", bullet, item);
  return text;
}

std::string as_json(const Connector& connector, const json::object& spec) {
  json::array capabilities;
  for (const auto& capability : tap_capabilities()) capabilities.emplace_back(capability);
  return pretty(json::object{{"name", fmt::format("tap-{}", connector.name())},
                             {"description", connector.description()},
                             {"version", connector.version()},
                             {"sdk_version", TAPSTER_VERSION},
                             {"capabilities", std::move(capabilities)},
                             {"settings", spec}});
}

std::string as_markdown(const Connector& connector, const json::object& spec) {
  std::string text =
      fmt::format("## `tap-{}`\n\n{}\n\n### Capabilities\n\n", connector.name(), connector.description());
  for (const auto& capability : tap_capabilities()) text += fmt::format("* `{}`\n", capability);
  return text + "\n" + reference_markdown(spec, nullptr);
}

std::string as_text(const Connector& connector, const json::object& spec) {
  auto text =
      fmt::format("Name: tap-{}\nDescription: {}\nVersion: {}\nSDK version: {}\nCapabilities:\n{}Settings:\n",
                  connector.name(), connector.description(), connector.version(), TAPSTER_VERSION,
                  bullets("  - ", tap_capabilities()));
  for (const auto& [name, value] : *find_object(spec, "properties")) {
    const auto* schema = value.if_object();
    if (schema == nullptr) continue;
    text += fmt::format("  - Name: {}\n    Type: {}\n    Environment variable: {}\n", std::string_view(name),
                        setting_traits(*schema, is_required(spec, name)),
                        config_variable(connector.name(), name));
  }
  return text;
}

}  // namespace

Outcome<void> about(const CommandContext& context) {
  const auto connector = find_connector(context.options);
  if (!connector) return tl::unexpected(connector.error());
  const auto spec = connector->spec();
  if (!spec) return fail(spec.error());
  if (context.options.report == Report::json) return print(context.output, as_json(*connector, *spec));
  if (context.options.report == Report::markdown)
    return print(context.output, as_markdown(*connector, *spec));
  return print(context.output, as_text(*connector, *spec));
}

Outcome<void> version(const CommandContext& context) {
  const auto connector = find_connector(context.options);
  if (!connector) return tl::unexpected(connector.error());
  return print(context.output, fmt::format("tap-{} {} (tapster {}, commit {}, connector ABI {}.{})\n",
                                           connector->name(), connector->version(), TAPSTER_VERSION, commit(),
                                           TAPSTER_ABI_MAJOR, TAPSTER_ABI_MINOR));
}

}  // namespace tapster::host
