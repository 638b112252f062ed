// tapster info: a connector, its settings and, with a config, its streams.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "catalog/spec.hpp"
#include "commands/commands.hpp"
#include "plugin/loader.hpp"
#include "plugin/plugin_search.hpp"
#include "protocol/meltano.hpp"
#include "protocol/reference.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "report/table.hpp"
#include "report/wrap.hpp"
#include "system/terminal.hpp"

namespace tapster::host {

namespace {

// `width`: columns of a line.
std::string settings_text(const json::object& spec, size_t width) {
  constexpr std::string_view indent = "      ";
  std::string text;
  for (const auto& [key, value] : *find_object(spec, "properties")) {
    const auto* property = value.if_object();
    if (property == nullptr) continue;
    text +=
        fmt::format("  {}: {}\n", std::string_view(key), setting_traits(*property, is_required(spec, key)));
    if (const auto about = text_of(*property, "description"); !about.empty())
      text += fmt::format("{}{}\n", indent, wrap(about, width - indent.size(), indent));
  }
  return text.empty() ? "" : "\nSettings\n" + text;
}

std::string streams_text(const json::object& catalog) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : *find_array(catalog, "streams")) {
    const auto& stream = value.as_object();
    std::string keys;
    for (const auto& key : *find_array(stream, "key_properties")) {
      keys += (keys.empty() ? "key " : ", ") + std::string(view(key.as_string()));
    }
    const auto replication = text_of(stream, "replication_key");
    rows.push_back({"  " + text_of(stream, "tap_stream_id"), keys,
                    replication.empty() ? "read in full" : "incremental by " + replication,
                    is_selected_by_default(stream) ? "" : "only when selected"});
  }
  return "\nStreams\n" + table(rows);
}

}  // namespace

Outcome<void> info(const CommandContext& context) {
  const auto file = find_plugin(context.options.connector, plugin_directories(context.options.plugin_dirs));
  if (!file) return tl::unexpected(file.error());
  const auto connector = load_connector(*file, context.options.connector);
  if (!connector) return tl::unexpected(connector.error());
  const auto spec = connector->spec();
  if (!spec) return fail(spec.error());

  std::optional<json::object> catalog;
  if (!context.options.config.empty()) {
    auto done = with_source(context, [&](Source& source, const HostServices&) -> Outcome<void> {
      auto discovered = source.discover();
      if (!discovered) return fail(std::move(discovered).error());
      catalog = *std::move(discovered);
      return {};
    });
    if (!done) return done;
  }

  const auto abi =
      fmt::format("{}.{}", connector->table().abi_version >> 16U, connector->table().abi_version & 0xFFFFU);
  if (context.options.report == Report::markdown)
    return print(context.output, reference_markdown(*spec, catalog ? &*catalog : nullptr));
  if (context.options.report == Report::meltano) {
    return print(context.output, meltano_definition(connector->name(), connector->description(), *spec,
                                                    catalog ? &*catalog : nullptr));
  }
  if (context.options.report == Report::json) {
    json::object all{{"name", connector->name()},
                     {"version", connector->version()},
                     {"description", connector->description()},
                     {"path", file->string()},
                     {"abi_version", abi},
                     {"settings", *spec}};
    if (catalog) all["streams"] = (*catalog)["streams"];
    return print(context.output, pretty(all));
  }
  auto text = fmt::format("{} {}\n{}\n\n", connector->name(), connector->version(), connector->description());
  text += table({{"File", file->string()}, {"ABI", abi}});
  const bool is_terminal = ::isatty(context.output) == 1;
  text += settings_text(*spec, is_terminal ? std::max<size_t>(terminal_width(context.output), 40) : SIZE_MAX);
  if (catalog) text += streams_text(*catalog);
  return print(context.output, text);
}

}  // namespace tapster::host
