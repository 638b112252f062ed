#include "catalog/patterns.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace {

bool matches(const std::string& pattern, const std::string& text) {
  return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

struct Pattern {
  // `option`: the option that the pattern was given with.
  Pattern(std::string_view option, const std::string& text) : option_(option), text_(text) {
    const auto dot = find_dot(text);
    stream = text.substr(0, dot);
    if (dot < text.size()) column = text.substr(dot + 1);
  }

  [[nodiscard]] bool has_column() const { return !column.empty(); }
  // As the person wrote it: --select "messages_*".
  [[nodiscard]] std::string quoted() const { return fmt::format("{} \"{}\"", option_, text_); }

  std::string stream, column;

 private:
  // The position of the first dot without a backslash before it; the text's size if there is none.
  static size_t find_dot(const std::string& text) {
    for (size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '\\')
        ++at;
      else if (text[at] == '.')
        return at;
    }
    return text.size();
  }

  std::string_view option_;
  std::string text_;
};

std::vector<Pattern> parse(std::string_view option, const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  patterns.reserve(texts.size());
  for (const auto& text : texts) patterns.emplace_back(option, text);
  return patterns;
}

bool any_matches(const Pattern& pattern, const std::vector<Column>& columns, bool with_automatic = true) {
  return std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
    return (matches(pattern.column, column.path) && (with_automatic || !column.is_automatic)) ||
           any_matches(pattern, column.inside, with_automatic);
  });
}

// A pattern that matches nothing is a typo, and would silently read less or more than was meant. Of a stream
// whose columns vary it may name one that has vanished; that is a warning.
Result<void> check(const Pattern& pattern, std::vector<CatalogEntry>& streams, bool is_exclude) {
  std::vector<std::string> names;
  std::vector<std::string> paths;  // of the streams whose name matches
  bool is_automatic = false;
  std::string stream_name;
  std::vector<CatalogEntry*> varying;
  for (auto& stream : streams) {
    names.push_back(stream.name);
    if (!matches(pattern.stream, names.back())) continue;
    if (!pattern.has_column() || any_matches(pattern, stream.columns, !is_exclude)) return {};
    is_automatic = is_automatic || any_matches(pattern, stream.columns);
    stream_name = names.back();
    if (stream.columns_vary()) varying.push_back(&stream);
    const auto more = paths_of(stream.columns);
    paths.insert(paths.end(), more.begin(), more.end());
  }
  if (is_automatic) {
    return config_error(
        fmt::format("{} matches only columns that are always read: those of keys and "
                    "replication keys",
                    pattern.quoted()));
  }
  if (names.empty())
    return config_error(fmt::format("{} matches no stream: the catalog has none", pattern.quoted()));
  if (stream_name.empty()) {
    const auto hint = did_you_mean(pattern.stream, names);
    return config_error(fmt::format("{} matches no stream{} The streams are {}", pattern.quoted(),
                                    hint.empty() ? "." : hint, fmt::join(names, ", ")));
  }
  const auto nothing = fmt::format("{} matches no column of {}{}", pattern.quoted(), stream_name,
                                   did_you_mean(pattern.column, paths));
  if (varying.empty()) return config_error(nothing);
  for (auto* stream : varying) stream->warnings.push_back(nothing);
  return {};
}

// Whether one of the patterns names the column itself.
bool is_named(const Column& column, const std::vector<const Pattern*>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Pattern* pattern) { return matches(pattern->column, column.path); });
}

// Selects the columns that match a pattern, with everything inside them and the objects that they are in.
// `keeps`: whether columns that the catalog selects stay selected. Returns whether any column is selected.
bool select(std::vector<Column>& columns, const std::vector<const Pattern*>& patterns, bool keeps,
            bool is_inside) {
  bool any = false;
  for (auto& column : columns) {
    const bool is_matched = is_inside || is_named(column, patterns);
    // Inside a column that the catalog leaves out, only what a pattern matches is selected.
    const bool inside = select(column.inside, patterns, keeps && column.is_selected, is_matched);
    column.is_selected = !column.is_unsupported &&
                         (column.is_automatic || is_matched || inside || (keeps && column.is_selected));
    any = any || column.is_selected;
  }
  return any;
}

void exclude(std::vector<Column>& columns, const std::vector<const Pattern*>& patterns, bool is_inside) {
  for (auto& column : columns) {
    const bool is_matched = is_inside || is_named(column, patterns);
    if (is_matched && !column.is_automatic) column.is_selected = false;
    exclude(column.inside, patterns, is_matched && !column.is_automatic);
  }
}

void apply(CatalogEntry& stream, const std::vector<Pattern>& selects, const std::vector<Pattern>& excludes) {
  const auto& name = stream.name;
  std::vector<const Pattern*> columns;
  bool is_whole = selects.empty();
  for (const auto& pattern : selects) {
    if (!matches(pattern.stream, name)) continue;
    if (!pattern.has_column())
      is_whole = true;
    else if (any_matches(pattern, stream.columns) || stream.columns_vary())
      columns.push_back(&pattern);
  }
  if (!selects.empty()) stream.is_selected = is_whole || !columns.empty();
  if (!columns.empty()) select(stream.columns, columns, is_whole, false);

  columns.clear();
  for (const auto& pattern : excludes) {
    if (!matches(pattern.stream, name)) continue;
    if (pattern.has_column())
      columns.push_back(&pattern);
    else
      stream.is_selected = false;
  }
  exclude(stream.columns, columns, false);
}

}  // namespace

Result<void> apply_patterns(const Patterns& patterns, std::vector<CatalogEntry>& entries) {
  const auto selects = parse(patterns.select_word, patterns.select);
  const auto excludes = parse("--exclude", patterns.exclude);
  for (const auto* some : {&selects, &excludes}) {
    for (const auto& pattern : *some) {
      auto good = check(pattern, entries, some == &excludes);
      if (!good) return good;
    }
  }
  for (auto& entry : entries) apply(entry, selects, excludes);
  return {};
}

}  // namespace tapster::host
