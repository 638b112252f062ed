#include "list_top.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace postmark {

using namespace tapster;

namespace {

// The time of a row of the list.
std::optional<FineTime> time_of(const Activity& activity, const json::object& row) {
  const auto& columns = activity.stream.columns;
  const auto column = std::find_if(columns.begin(), columns.end(), [&](const Column& each) {
    return each.name == activity.stream.replication_key;
  });
  const auto* text = column == columns.end() ? nullptr : find_string(row, column->path.substr(1));
  return text ? parse_time(view(*text)) : std::nullopt;
}

}  // namespace

Result<Top> top_of(Api& api, const Activity& activity, const Target& list, int64_t rows_wanted) {
  const auto answer = api.get_object(page_of(list, rows_wanted, 0));
  if (!answer) return Failed(answer.error());
  const auto total = total_of(*answer);
  const auto* rows = find_array(*answer, activity.records);
  if (!total || !rows)
    return source_error(
        fmt::format("{}: the response has no TotalCount or no {}", list.text(), activity.records));
  if (auto checked = check_total(*total, 0, rows->size()); !checked)
    return with_context(list.text(), std::move(checked).error());
  Top top{*total, {}};
  for (const auto& row : *rows) {
    const auto* object = row.if_object();
    const auto time = object ? time_of(activity, *object) : std::nullopt;
    if (!time) return source_error(fmt::format("{}: the response has a row without a time", list.text()));
    top.times.push_back(*time);
  }
  return top;
}

}  // namespace postmark
