#include "statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tapster/record_parser.hpp>

#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// The days of one slice: if each costs a request, and if one response has all of them.
constexpr days days_by_request{20};
constexpr days days_by_answer{366};

// The names that belong to a breakdown of the statistics.
struct PartNames {
  std::string_view member;     // the member of slices and rows
  std::string_view filter;     // the filter of requests
  std::string_view bookmarks;  // the member of the state with one bookmark per part
};

PartNames names_of(Statistics::By by) {
  switch (by) {
    case Statistics::By::everything:
      break;
    case Statistics::By::message_stream:
      return {"message_stream", "messagestream", "message_streams"};
    case Statistics::By::tag:
      return {"tag", "tag", "tags"};
  }
  return {};
}

// The target of the counts of one part, without the days.
struct Query {
  Target target;

  Query(const Statistics& statistics, std::string_view part) : target(statistics.path) {
    if (!part.empty()) target = target.with(names_of(statistics.by).filter, part);
  }
  [[nodiscard]] Target of(Days range) const {
    return target.with("fromdate", format_day(range.from)).with("todate", format_day(range.to));
  }
};

// The id and the date of a day, as JSON.
struct DayValues {
  std::string id, date;
  explicit DayValues(Day which) {
    const auto text = format_day(which);
    day_number(text, id);
    day(text, date);
  }
};

Result<void> read_day(Api& api, const Query& query, RecordParser& parser, Day which, Block& block) {
  const DayValues values(which);
  return api.get(query.of({which, which}), [&](HttpResponse& response) -> Result<void> {
    const auto page = parser.parse(response.body, block, [](const Row&, std::string&) { return Keep::yes; },
                                   {{"id", values.id}, {"date", values.date}});
    if (!page) return Failed(page.error());
    return {};
  });
}

Result<void> read_each_day(Api& api, const Query& query, const Projection& projection, Days range,
                           Records& records) {
  RecordParser parser(projection, {});
  Block block;
  block.takes_rejects = records.takes_rejects();
  for (auto which = range.from; which <= range.to; which += days(1)) {
    auto got = read_day(api, query, parser, which, block);
    if (!got) return got;
    block.extracted_at = api.host().now();
    auto pushed = records.push(block);
    if (!pushed) return pushed;
  }
  return {};
}

Result<void> read_all_days(Api& api, const Query& query, const Projection& projection, Days range,
                           Records& records) {
  RecordParser parser(projection, {"Days", {}});
  Block block;
  block.takes_rejects = records.takes_rejects();
  std::set<std::string, std::less<>> seen;  // the keys of the days in the response
  auto got = api.get(query.of(range), [&](HttpResponse& response) -> Result<void> {
    seen.clear();
    const auto page = parser.parse(response.body, block, [&](const Row& row, std::string&) {
      return seen.emplace(row.key).second ? Keep::yes : Keep::no;
    });
    if (!page) return Failed(page.error());
    return {};
  });
  if (!got) return got;
  for (auto which = range.from; which <= range.to; which += days(1)) {
    const DayValues values(which);
    if (!seen.contains(values.id + "\n"))
      projection.write_row(block, {{"id", values.id}, {"date", values.date}});
  }
  block.extracted_at = api.host().now();
  return records.push(block);
}

Result<void> read_days_by_key(Api& api, const Query& query, std::string_view name_column,
                              const Projection& projection, Days range, Records& records) {
  const auto target = query.of(range);
  const auto answer = api.get_object(target);
  if (!answer) return Failed(answer.error());
  const auto* list = find_array(*answer, "Days");
  if (!list) return source_error(fmt::format("{}: the response has no Days", target.text()));
  Block block;
  std::set<std::string> seen;  // dates with names
  for (const auto& entry : *list) {
    const auto* object = entry.if_object();
    const auto* text = object ? find_string(*object, "Date") : nullptr;
    std::string date;
    if (!text || !day(view(*text), date)) {
      return source_error(fmt::format("{}: a day has no Date", target.text()));
    }
    for (const auto& [name, value] : *object) {
      if (name == "Date") continue;
      if (!value.is_int64()) {
        return source_error(fmt::format("{}: the count of {} on {} is not an integer", target.text(),
                                        std::string_view(name), view(*text)));
      }
      std::string text_of_name;
      append_json_string(text_of_name, name);
      if (!seen.insert(date + text_of_name).second) continue;
      projection.write_row(
          block, {{"date", date}, {name_column, text_of_name}, {"count", std::to_string(value.as_int64())}});
    }
  }
  block.extracted_at = api.host().now();
  return records.push(block);
}

Result<void> read_range(Api& api, const Statistics& statistics, const Query& query,
                        const Projection& projection, Days range, Records& records) {
  switch (statistics.shape) {
    case Statistics::Shape::day:
      return read_each_day(api, query, projection, range, records);
    case Statistics::Shape::days:
      return read_all_days(api, query, projection, range, records);
    case Statistics::Shape::days_by_key:
      break;
  }
  return read_days_by_key(api, query, statistics.name_column, projection, range, records);
}

}  // namespace

BookmarkName days_bookmark(Statistics::By by, std::string_view part) {
  return {"date", names_of(by).bookmarks, part};
}

Result<void> plan_days(const Statistics& statistics, std::string_view part, Days range, Slices& slices) {
  const auto size = statistics.shape == Statistics::Shape::day ? days_by_request : days_by_answer;
  for (auto from = range.from; from <= range.to; from += size) {
    const auto to = std::min(from + size - days(1), range.to);
    const auto next = to == range.to ? to : to + days(1);
    auto pushed = slices.push(to_json({{from, to}, next, std::string(part)}, statistics.by));
    if (!pushed) return pushed;
  }
  return {};
}

json::object to_json(const DaySlice& slice, Statistics::By by) {
  json::object object{{"from", format_day(slice.days.from)},
                      {"to", format_day(slice.days.to)},
                      {"next", format_day(slice.next)}};
  if (by != Statistics::By::everything) object[names_of(by).member] = slice.part;
  return object;
}

Result<DaySlice> day_slice(const json::object& slice, Statistics::By by) {
  const auto read = [&](std::string_view name) {
    const auto* text = find_string(slice, name);
    return text ? parse_day(view(*text)) : std::nullopt;
  };
  const auto from = read("from");
  const auto to = read("to");
  const auto next = read("next");
  const auto* part = find_string(slice, names_of(by).member);
  if (!from || !to || !next || (!part && by != Statistics::By::everything))
    return internal_error(fmt::format("not a slice of days: {}", json::serialize(slice)));
  return DaySlice{{*from, *to}, *next, part ? std::string(view(*part)) : std::string()};
}

bool has_statistics(Api& api, const Statistics& statistics, const MessageStream& stream) {
  if (!stream.is_archived) return true;
  const auto today = eastern().day_of(api.host().now());
  const auto answer = api.get_object(Query(statistics, stream.id).of({today, today}));
  return answer || !api.skips(stream, answer.error());
}

Result<void> read_days(Api& api, const Statistics& statistics, const Projection& projection,
                       const DaySlice& slice, Records& records) {
  std::string part;
  append_json_string(part, slice.part);
  const bool is_whole = statistics.by == Statistics::By::everything;
  const auto columns = is_whole ? projection : projection.with(names_of(statistics.by).member, part);
  // If the oldest day is refused, nothing has been emitted yet.
  for (auto range = slice.days;;) {
    range.from = std::max(range.from, api.oldest_day());
    if (range.from > range.to) return {};
    auto read = read_range(api, statistics, Query(statistics, slice.part), columns, range, records);
    if (read || !is_too_old(read.error())) return read;
    const auto oldest = api.find_oldest_day(range.from, read.error());
    if (!oldest) return Failed(oldest.error());
  }
}

}  // namespace postmark
