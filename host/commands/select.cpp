// tapster select: edits which streams and columns of a catalog are selected.
#include <fmt/format.h>

#include "catalog/patterns.hpp"
#include "catalog/selection_screen.hpp"
#include "commands/commands.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "system/file.hpp"

namespace tapster::host {

Outcome<void> select(const CommandContext& context) {
  const auto& options = context.options;
  const bool is_pipe = options.catalog == "-";
  const auto& path = *options.catalog;
  const auto file = input_name(path);
  const bool prints = is_pipe || options.prints;
  if (!prints) {
    if (auto replaceable = check_replaceable(path); !replaceable) return replaceable;
  }
  const auto text = read_input(path);
  if (!text) return tl::unexpected(text.error());
  const auto catalog = parse_json_object(*text, file);
  if (!catalog) return fail(catalog.error());
  auto entries = read_entries(*catalog, &*catalog, file);
  if (!entries) return fail(std::move(entries).error());

  if (const Patterns patterns{options.select, options.exclude, "the pattern"}; !patterns.is_empty()) {
    auto applied = apply_patterns(patterns, *entries);
    if (!applied) return fail(std::move(applied).error());
  } else if (!has_terminal()) {
    return fail(Exit::usage, "without a terminal, select by pattern: tapster select CATALOG 'messages_*'");
  } else {
    const auto accepted = choose(*entries, fmt::format("Select what to read of {}", file));
    if (!accepted) return tl::unexpected(accepted.error());
    if (!*accepted) {
      context.log.info(fmt::format("{} is unchanged", file));
      return {};
    }
  }
  const auto edited = pretty(with_selection(*catalog, *entries));
  if (prints) return print(context.output, edited);
  return replace_file(path, edited, "the new catalog");
}

}  // namespace tapster::host
