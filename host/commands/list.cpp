// tapster list: all connectors. Each is loaded in a child process, so that a bad file cannot break the list.
#include <fmt/format.h>

#include <chrono>
#include <cstring>

#include "commands/commands.hpp"
#include "plugin/loader.hpp"
#include "plugin/plugin_search.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "report/table.hpp"
#include "system/subprocess.hpp"

namespace tapster::host {

namespace {

constexpr std::chrono::seconds longest_load(10);

// In the child: what the list shows of the file.
json::object describe(const PluginFile& file) {
  const auto connector = load_connector(file.path, file.name);
  if (!connector) return {{"error", connector.error().message}};
  return {{"version", connector->version()}, {"description", connector->description()}};
}

// What the child printed; if it failed, how it ended.
json::object describe_aside(const PluginFile& file) {
  const auto broken = [&](std::string_view how) -> json::object {
    return {{"error", fmt::format("{} {}", file.path.string(), how)}};
  };
  std::string answer;
  const auto child =
      Subprocess::fork([&](int output) { (void)print(output, json::serialize(describe(file))); },
                       {[&](std::string_view line) { answer += line; }, [](std::string_view) {}, [] {}});
  if (!child) return {{"error", child.error().message}};
  const auto end = (*child)->finish_within(longest_load);
  if (!end) return broken(fmt::format("did not load within {} seconds", longest_load.count()));
  if (end->signal != 0)
    return broken(fmt::format("crashed while it was loaded: {}", ::strsignal(end->signal)));
  auto object = parse_json_object(answer, "the child's answer");
  if (!object) return broken("ended the process while it was loaded");
  return *std::move(object);
}

}  // namespace

Outcome<void> list(const CommandContext& context) {
  const auto directories = plugin_directories(context.options.plugin_dirs);
  json::array connectors;
  std::vector<std::vector<std::string>> rows{{"NAME", "VERSION", "DESCRIPTION"}};
  for (const auto& file : all_plugins(directories)) {
    auto found = describe_aside(file);
    const auto text = [&](const char* key) {
      const auto* value = find_string(found, key);
      return value == nullptr ? std::string() : std::string(view(*value));
    };
    const auto error = text("error");
    rows.push_back(
        {file.name, error.empty() ? text("version") : "-", error.empty() ? text("description") : error});
    json::object connector{{"name", file.name}, {"path", file.path.string()}};
    for (auto& [key, value] : found) connector[key] = value;
    connectors.push_back(std::move(connector));
  }
  if (context.options.report == Report::json) return print(context.output, pretty(connectors));
  if (connectors.empty()) {
    std::string looked;
    for (const auto& directory : directories) {
      looked += fmt::format("\n{} ({})", directory.path.string(), directory.origin);
    }
    context.log.warning("there is no connector. Looked in:" + looked);
    return {};
  }
  return print(context.output, table(rows));
}

}  // namespace tapster::host
