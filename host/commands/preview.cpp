// tapster preview: the newest rows of a stream, as a table for a person or as JSON lines for a program.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <tapster/time.hpp>

#include "catalog/stream_selection.hpp"
#include "commands/commands.hpp"
#include "report/did_you_mean.hpp"
#include "report/print.hpp"
#include "report/printable.hpp"
#include "report/table.hpp"
#include "system/terminal.hpp"

namespace tapster::host {

namespace {

constexpr size_t widest_cell = 24;

using Slices = std::vector<std::string>;

// The stream with this name, or the first one that matches it as a pattern, with the columns of --select and
// --exclude.
Outcome<SelectedStream> find_stream(const json::object& discovered, const Options& options) {
  const auto& name = options.stream;
  std::vector<std::string> names;
  for (const auto& stream : *find_array(discovered, "streams"))
    names.emplace_back(view(stream.at("tap_stream_id").as_string()));
  const bool is_pattern = name.find_first_of("*?[\\.") != std::string::npos;
  if (!is_pattern && std::find(names.begin(), names.end(), name) == names.end()) {
    const auto hint = did_you_mean(name, names);
    return fail(
        Exit::usage,
        fmt::format("there is no stream \"{}\"{}", name,
                    hint.empty() ? fmt::format(". The streams are {}", fmt::join(names, ", ")) : hint));
  }
  const bool has_patterns = !options.select.empty() || !options.exclude.empty();
  Patterns patterns{{name}, options.exclude, "the pattern"};
  if (!options.select.empty()) patterns = {options.select, options.exclude};
  auto streams = select_streams(discovered, nullptr, {patterns, {}});
  if (!streams) return tl::unexpected(std::move(streams).error());
  if (!has_patterns) return std::move(streams->front());
  for (auto& stream : *streams) {
    if (stream.name == name) return std::move(stream);
  }
  return fail(Exit::usage, fmt::format("--select selects nothing of the stream {}", name));
}

// The stream's slices, by partition, each oldest first.
Outcome<std::map<std::string, Slices>> planned(Source& source, const SelectedStream& stream) {
  std::map<std::string, Slices> slices;
  const auto done = source.plan({stream.name, {}, {}, {}}, [&](std::string_view slice) -> Result<void> {
    slices[partition_of(slice)].emplace_back(slice);
    return {};
  });
  if (!done && slices.empty()) return fail(with_context(stream.name, done.error()).value());
  return slices;
}

// The newest rows of one partition, as JSON lines. Stops after `most` rows: sources push the newest rows of a
// slice first, or all at once.
Outcome<void> read_newest(Source& source, const SelectedStream& stream, const Slices& slices, size_t most,
                          std::vector<std::string>& rows) {
  size_t found = 0;
  for (auto slice = slices.rbegin(); slice != slices.rend() && found < most; ++slice) {
    const auto read =
        source.read(stream.name, *slice, stream.columns, [&](const tapster_batch& batch) -> Result<void> {
          std::string_view lines(batch.data, batch.size);
          for (; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1), ++found)
            rows.emplace_back(lines.substr(0, lines.find('\n')));
          return found < most ? Result<void>() : cancelled();
        });
    if (!read && read.error().status != Status::cancelled)
      return fail(with_context(stream.name, read.error()).value());
  }
  return {};
}

std::string cell_text(const json::value* value) {
  if (value == nullptr || value->is_null()) return {};
  if (const auto* text = value->if_string()) return printable(view(*text));
  if (const auto* number = value->if_double()) return fmt::format("{}", *number);
  return printable(json::serialize(*value));
}

bool is_blank(const std::string& text) {
  return text.empty() || text == "[]" || text == "{}";
}

// All columns: first the ones that identify a row (replication key, then keys), then the others in the
// schema's order.
std::vector<std::string> columns_of(const SelectedStream& stream) {
  std::vector<std::string> columns;
  const auto add = [&](std::string column) {
    if (!column.empty() && std::find(columns.begin(), columns.end(), column) == columns.end())
      columns.push_back(std::move(column));
  };
  add(stream.replication_key);
  for (const auto& key : stream.key_properties) add(key);
  for (const auto& [name, schema] : *find_object(stream.schema, "properties")) add(name);
  return columns;
}

// Whether the value of a replication key is greater: numbers are greater than texts, and any value is greater
// than none.
bool is_newer(const json::value* x, const json::value* y) {
  const auto rank = [](const json::value* value) {
    if (value == nullptr || value->is_null()) return 0;
    return value->is_number() ? 2 : 1;
  };
  if (rank(x) != rank(y)) return rank(x) > rank(y);
  // A long double has every integer of 64 bits, too.
  if (rank(x) == 2) return x->to_number<long double>() > y->to_number<long double>();
  return cell_text(x) > cell_text(y);
}

void sort_newest_first(const SelectedStream& stream, std::vector<json::object>& rows) {
  const auto& key = stream.replication_key;
  if (key.empty()) return;
  std::stable_sort(rows.begin(), rows.end(), [&](const json::object& a, const json::object& b) {
    return is_newer(a.if_contains(key), b.if_contains(key));
  });
}

// A table of the columns that fit the terminal, and the names of those that do not. Leaves out columns that
// are blank in every row.
std::string fitted_table(const SelectedStream& stream, const std::vector<json::object>& rows, int terminal) {
  const size_t width = terminal_width(terminal);
  std::vector<std::vector<std::string>> cells(rows.size() + 1);
  std::vector<std::string> left_out;
  size_t used = 0;
  for (const auto& column : columns_of(stream)) {
    std::vector<std::string> texts{column};
    for (const auto& row : rows) texts.push_back(cut(cell_text(row.if_contains(column)), widest_cell));
    if (std::all_of(texts.begin() + 1, texts.end(), is_blank)) continue;
    size_t widest = 0;
    for (const auto& text : texts) widest = std::max(widest, display_width(text));
    if (used > 0 && used + widest > width) {
      left_out.push_back(column);
      continue;
    }
    used += widest + 2;
    for (size_t i = 0; i < texts.size(); ++i) cells[i].push_back(std::move(texts[i]));
  }
  auto text = table(cells);
  if (wants_colour(terminal)) {
    const auto head = text.find('\n');
    text = "\033[1m" + text.substr(0, head) + "\033[0m" + text.substr(head);
  }
  if (!left_out.empty())
    text += fmt::format("\nColumns that do not fit: {}\nAdd --expanded to see them.\n",
                        fmt::join(left_out, ", "));
  return text;
}

// One column per line, as psql does with \x. Leaves out columns that are blank in the row.
std::string expanded(const SelectedStream& stream, const std::vector<json::object>& rows, int terminal) {
  const auto columns = columns_of(stream);
  size_t longest = 0;
  for (const auto& column : columns) longest = std::max(longest, display_width(column));
  const bool cuts = ::isatty(terminal) == 1;
  std::string text;
  for (size_t i = 0; i < rows.size(); ++i) {
    text += fmt::format("-- row {} --\n", i + 1);
    for (const auto& column : columns) {
      const auto cell = cell_text(rows[i].if_contains(column));
      if (is_blank(cell)) continue;
      const auto line =
          fmt::format("{}{}  {}", column, std::string(longest - display_width(column), ' '), cell);
      text += (cuts ? cut(line, terminal_width(terminal)) : line) + "\n";
    }
  }
  return text;
}

}  // namespace

Outcome<void> preview(const CommandContext& context) {
  return with_source(context, [&](Source& source, HostServices&) -> Outcome<void> {
    const auto discovered = source.discover();
    if (!discovered) return fail(discovered.error());
    const auto found = find_stream(*discovered, context.options);
    if (!found) return tl::unexpected(found.error());
    const auto& stream = *found;
    const auto slices = planned(source, stream);
    if (!slices) return tl::unexpected(slices.error());
    std::vector<std::string> lines;
    for (const auto& [partition, of] : *slices) {
      auto done = read_newest(source, stream, of, context.options.rows, lines);
      if (!done) return done;
    }
    std::vector<json::object> rows;
    for (const auto& line : lines) {
      auto row = parse_json_object(line, stream.name);
      if (!row) return fail(std::move(row).error());
      rows.push_back(*std::move(row));
    }
    sort_newest_first(stream, rows);
    rows.resize(std::min(rows.size(), context.options.rows));
    if (context.options.expanded) return print(context.output, expanded(stream, rows, context.output));
    if (is_for_person(context)) return print(context.output, fitted_table(stream, rows, context.output));
    std::string text;
    for (const auto& row : rows) text += json::serialize(row) + "\n";
    return print(context.output, text);
  });
}

}  // namespace tapster::host
