#include "declared_checks.hpp"

#include <fmt/format.h>

#include "declaration.hpp"
#include "page_size.hpp"

namespace tapster {

using Unit = Incremental::Unit;

namespace {

Result<void> check_pointer(std::string_view what, const std::string& pointer) {
  if (pointer.empty() || pointer.starts_with('/')) return {};
  return internal_error(fmt::format("{} \"{}\" does not begin with a slash", what, pointer));
}

Result<void> check_incremental(const DeclaredStream& stream) {
  const auto& incremental = *stream.incremental;
  using namespace std::chrono_literals;
  if (incremental.step > 0s && !incremental.to && !incremental.divide && !incremental.divide_days)
    return internal_error("`step` needs a place for the upper bound: set `to`");
  if (incremental.granularity < 1s) return internal_error("`granularity` must be at least a second");
  if (incremental.volume && (incremental.rows_of_a_slice <= 0 || !incremental.to))
    return internal_error("`volume` needs `rows_of_a_slice`, and a place for the upper bound: set `to`");
  const auto* cursor = find_column(stream.stream, stream.stream.replication_key);
  if (incremental.unit == Unit::integer && (cursor == nullptr || cursor->type != Type::integer))
    return internal_error("a bookmark of integers needs a replication key of type integer");
  if (incremental.unit == Unit::time && (cursor == nullptr || cursor->type != Type::timestamp))
    return internal_error("a bookmark of times needs a replication key of type timestamp");
  if (incremental.unit == Unit::token && incremental.token.empty())
    return internal_error("a bookmark of tokens needs `token`, where the response has the next one");
  if ((incremental.unit == Unit::token || incremental.unit == Unit::integer) && !incremental.from)
    return internal_error("a bookmark of tokens or integers needs a place in the request: set `from`");
  const bool has_order = incremental.unit == Unit::time || incremental.unit == Unit::integer;
  if (incremental.oldest_first && !has_order)
    return internal_error("`oldest_first` is for bookmarks of times or integers");
  return check_pointer("the token's place", incremental.token);
}

Result<void> check_paginator(const DeclaredStream& stream) {
  if (page_size(stream.paginator) < 1) return internal_error("a page must have at least one row");
  const bool has_from =
      stream.incremental && stream.incremental->unit == Unit::time && stream.incremental->from;
  if (std::holds_alternative<KeysetPages>(stream.paginator)) {
    if (!has_from)
      return internal_error("KeysetPages need an incremental stream of times with a place for `from`");
    if (stream.stream.key.empty()) return internal_error("KeysetPages need a key");
  }
  if (const auto* pages = std::get_if<CursorPages>(&stream.paginator)) {
    if (pages->from.empty() == pages->from_header.empty())
      return internal_error("CursorPages need either `from` or `from_header`");
    auto checked = check_pointer("the cursor's place", pages->from);
    return checked ? check_pointer("the place of `has_more`", pages->has_more) : checked;
  }
  if (const auto* pages = std::get_if<NextUrlPages>(&stream.paginator)) {
    if (pages->from.empty()) return internal_error("NextUrlPages need `from`");
    return check_pointer("the next URL's place", pages->from);
  }
  const auto* function = std::get_if<PageFunction>(&stream.paginator);
  if (function != nullptr && !*function) return internal_error("the paginator is an empty function");
  return {};
}

Result<void> check_columns(const DeclaredStream& stream) {
  if (!stream.records.map_key.empty()) {
    auto checked = check_column_name(stream.stream, stream.records.map_key);
    if (!checked) return with_context("map_key", std::move(checked).error());
  }
  if (stream.details) {
    for (const auto& name : {stream.details->id_column, stream.details->twin_column}) {
      auto checked = name.empty() ? Result<void>() : check_column_name(stream.stream, name);
      if (!checked) return with_context("details", std::move(checked).error());
    }
  }
  if (stream.requested) {
    auto checked = check_column_name(stream.stream, stream.requested->column);
    if (!checked) return checked;
    if (!stream.requested->value) return internal_error("the requested column needs a function `value`");
    if (stream.details) return internal_error("a stream has either details or a requested column");
    if (stream.stream.key.size() != 1)
      return internal_error("a requested column needs a key of one column, which is the id");
  }
  if (!stream.beside.empty() && stream.records.format == RecordSelector::Format::json_lines)
    return internal_error("in JSON Lines there is nothing beside the records");
  for (const auto& [from, column] : stream.beside) {
    auto checked = check_column_name(stream.stream, column);
    if (!checked) return checked;
    checked = check_pointer("the place beside the records", from);
    if (!checked) return checked;
  }
  return {};
}

Result<void> check_parent(const DeclaredStream& stream) {
  const auto& parent = *stream.parent;
  if (stream.incremental || stream.partitions)
    return internal_error("a child has the slices of its parent: leave out `incremental` and `partitions`");
  for (const auto& [from, to, column] : parent.bind) {
    if (!from.starts_with('/'))
      return internal_error(
          fmt::format("`bind` has \"{}\", which is not a pointer to a column of {}", from, parent.stream));
    if (!to && column.empty())
      return internal_error(
          fmt::format("`bind` has no place for {}: a place in the request, a column, or both", from));
    auto checked = column.empty() ? Result<void>() : check_column_name(stream.stream, column);
    if (!checked) return checked;
  }
  return {};
}

// Whether the request is one for an id.
Result<void> check_request_of_id(std::string_view what, const RequestTemplate& request) {
  const auto target = request.build({{in_path("id"), "1"}}).target;
  if (target.error()) return with_context(what, *target.error());
  if (request.path.find("{id}") != std::string::npos) return {};
  return internal_error(fmt::format("{}: the path {} has no {{id}}", what, request.path));
}

// Whether the path can be built: each name in braces has a value.
Result<void> check_request(const DeclaredStream& stream) {
  Arguments arguments;
  const auto add = [&](const std::optional<Place>& place) {
    if (place) arguments.push_back({*place, "1"});
  };
  if (stream.partitions) add(stream.partitions->to);
  if (stream.parent) {
    for (const auto& bind : stream.parent->bind) add(bind.to);
  }
  if (stream.incremental) {
    add(stream.incremental->from);
    add(stream.incremental->to);
  }
  if (const auto* pages = std::get_if<OffsetPages>(&stream.paginator)) add(pages->offset), add(pages->limit);
  if (const auto* pages = std::get_if<NumberedPages>(&stream.paginator)) add(pages->page), add(pages->limit);
  const auto target = stream.request.build(arguments).target;
  if (target.error()) return Failed(*target.error());
  if (stream.details) return check_request_of_id("details", stream.details->request);
  return stream.requested ? check_request_of_id("requested column", stream.requested->request)
                          : Result<void>();
}

// CSV has nothing around its rows, and no objects in them.
Result<void> check_csv(const DeclaredStream& stream) {
  const auto& records = stream.records;
  if (!records.records.empty() || !records.map_key.empty() || !records.total.empty() ||
      !records.values.empty() || !stream.beside.empty())
    return internal_error("in CSV there is nothing around the records");
  for (const auto& column : stream.stream.columns) {
    if (column.path.find('/', 1) != std::string::npos)
      return internal_error(fmt::format(
          R"(column {}: in CSV a path is "/Name", with ~1 for a slash, not "{}")", column.name, column.path));
  }
  return {};
}

Result<void> check_streamed(const DeclaredStream& stream) {
  if (stream.details || stream.requested || !stream.beside.empty())
    return internal_error(
        "a streamed response has no details, requested columns or columns beside the records");
  if (std::holds_alternative<OffsetPages>(stream.paginator) ||
      std::holds_alternative<NumberedPages>(stream.paginator) ||
      std::holds_alternative<KeysetPages>(stream.paginator))
    return internal_error(
        "streamed pages must name the next page: use SinglePage, CursorPages, LinkPages, "
        "NextUrlPages or a function");
  return {};
}

Result<void> check_export(const DeclaredStream& stream) {
  const auto& asynchronous = *stream.asynchronous;
  if (stream.incremental && stream.incremental->unit != Unit::time && stream.incremental->unit != Unit::day)
    return internal_error("an export needs bookmarks of times or days, or none");
  if (asynchronous.id.empty() || asynchronous.status.empty() || asynchronous.done.empty())
    return internal_error("an export needs `id`, `status` and `done`");
  if (asynchronous.download.has_value() != asynchronous.url.empty())
    return internal_error("an export needs either `download` or `url`");
  if (asynchronous.first_wait.count() < 1)
    return internal_error("`first_wait` must be at least a millisecond");
  for (const auto* pointer :
       {&asynchronous.id, &asynchronous.status, &asynchronous.reason, &asynchronous.url}) {
    auto checked = check_pointer("the place in the export", *pointer);
    if (!checked) return checked;
  }
  Arguments arguments{{asynchronous.to, "1"}};
  if (stream.partitions && stream.partitions->to) arguments.push_back({*stream.partitions->to, "1"});
  const auto poll = asynchronous.poll.build(arguments).target;
  if (poll.error()) return with_context("poll", *poll.error());
  if (!asynchronous.download) return {};
  const auto download = asynchronous.download->build(arguments).target;
  return download.error() ? with_context("download", *download.error()) : Result<void>();
}

}  // namespace

Result<void> check_declared(const DeclaredStream& stream) {
  auto checked = check_pointer("the records' place", stream.records.records);
  if (checked) checked = check_pointer("the total's place", stream.records.total);
  if (checked && stream.incremental) checked = check_incremental(stream);
  if (checked) checked = check_paginator(stream);
  if (checked) checked = check_columns(stream);
  if (checked && stream.parent) checked = check_parent(stream);
  if (checked && stream.records.format == RecordSelector::Format::csv) checked = check_csv(stream);
  if (checked && (stream.streaming || stream.asynchronous)) checked = check_streamed(stream);
  if (checked && stream.asynchronous) checked = check_export(stream);
  return checked ? check_request(stream) : checked;
}

}  // namespace tapster
