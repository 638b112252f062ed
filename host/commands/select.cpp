// tapster select: chooses the streams and columns of a catalog.
#include <fmt/format.h>

#include "catalog/patterns.hpp"
#include "catalog/selection_screen.hpp"
#include "commands/commands.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

// Nothing where the person left without choosing.
Outcome<std::optional<json::object>> chosen(const json::object& catalog, const std::string& file) {
  if (!has_terminal()) {
    return fail(Exit::usage,
                "without a terminal streams are chosen by patterns: tapster select CATALOG 'messages_*'");
  }
  try {
    auto marks = marks_of(catalog, &catalog);
    const auto done = choose(marks, fmt::format("Choose what is read of {}", file));
    if (!done) return tl::unexpected(done.error());
    if (!*done) return std::nullopt;
    return with_marks(catalog, marks);
  } catch (const WrongShape& shape) {
    return fail(Exit::usage, fmt::format("{}: {}", file, shape.message));
  }
}

}  // namespace

Outcome<void> select(const Run& run) {
  const auto& options = run.options;
  const bool is_pipe = options.catalog == "-";
  const std::filesystem::path path = is_pipe ? "/dev/stdin" : *options.catalog;
  const auto file = is_pipe ? std::string("standard input") : path.string();
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const auto catalog = parse_json_object(*text, file);
  if (!catalog) return tl::unexpected(to_failure(catalog.error()));

  std::optional<json::object> edited;
  if (const Patterns patterns{options.select, options.exclude, "the pattern"}; !patterns.is_empty()) {
    auto marked = mark(*catalog, &*catalog, patterns, file);
    if (!marked) return tl::unexpected(marked.error());
    edited = *std::move(marked);
  } else {
    auto choice = chosen(*catalog, file);
    if (!choice) return tl::unexpected(choice.error());
    edited = *std::move(choice);
  }
  if (!edited) {
    run.log.info(fmt::format("{} stays as it was", file));
    return {};
  }
  if (is_pipe || options.prints) return print(run.output, pretty(*edited));
  return replace_file(path, pretty(*edited), "the new catalog");
}

}  // namespace tapster::host
