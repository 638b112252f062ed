// Reads daily statistics. The API leaves out days without counts; each day of a slice has a row.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tapster/converters.hpp>
#include <tapster/record_parser.hpp>
#include <utility>
#include <vector>

#include "api.hpp"
#include "eastern.hpp"
#include "incremental.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// The most days of one slice: if each costs a request, and if one response has all of them.
constexpr days days_by_request{20};
constexpr days days_by_answer{366};

// Eastern days, both included.
struct Days {
  Day from, to;
};

// The member of slices and rows that names the part of a breakdown; empty without one.
std::string member_of(Statistics::By by) {
  if (by == Statistics::By::everything) return {};
  return by == Statistics::By::tag ? "tag" : "message_stream";
}

Target target_of(const Statistics& statistics, std::string_view part, Days range) {
  Target target(statistics.path);
  if (!part.empty())
    target = target.with(statistics.by == Statistics::By::tag ? "tag" : "messagestream", part);
  return target.with("fromdate", format_day(range.from)).with("todate", format_day(range.to));
}

// The id and the date of a day, as JSON.
struct DayValues {
  std::string id, date;
  explicit DayValues(Day which) {
    const auto text = format_day(which);
    day_number(text, id);
    date_in_text(text, date);
  }
};

// Reads the rows of one response: those of its days, or the counts of the day itself.
Result<void> read_rows(Api& api, const Statistics& statistics, const std::string& part,
                       const Projection& projection, Days range, Records& records) {
  const bool is_one_day = statistics.shape == Statistics::Shape::day;
  RecordParser parser(projection, {.records = is_one_day ? "" : "/Days"});
  Block block;
  block.takes_rejects = records.takes_rejects();
  const DayValues first(range.from);
  std::vector<Projection::Value> values;
  if (is_one_day) values = {{"id", first.id}, {"date", first.date}};
  std::set<std::string, std::less<>> seen;  // the keys of the days in the response
  auto got =
      api.client()->get(target_of(statistics, part, range), [&](HttpResponse& response) -> Result<void> {
        seen.clear();
        const auto page = parser.parse(
            response.body, block,
            [&](const Row& row, std::string&) { return seen.emplace(row.key).second ? Keep::yes : Keep::no; },
            values);
        if (!page) return Failed(page.error());
        return {};
      });
  if (!got) return got;
  for (auto which = range.from; which <= range.to && !is_one_day; which += days(1)) {
    const DayValues missing(which);
    if (!seen.contains(missing.id + "\n"))
      projection.write_row(block, {{"id", missing.id}, {"date", missing.date}});
  }
  block.extracted_at = api.host().now();
  return records.push(block);
}

Result<void> read_days_by_key(Api& api, const Statistics& statistics, const std::string& part,
                              const Projection& projection, Days range, Records& records) {
  const auto target = target_of(statistics, part, range);
  const auto answer = api.client()->get_object(target);
  if (!answer) return Failed(answer.error());
  const auto* list = find_array(*answer, "Days");
  if (!list) return source_error(fmt::format("{}: the response has no Days", target.text()));
  Block block;
  std::set<std::string> seen;  // dates with names
  for (const auto& entry : *list) {
    const auto* object = entry.if_object();
    const auto* text = object ? find_string(*object, "Date") : nullptr;
    std::string date;
    if (!text || !date_in_text(view(*text), date))
      return source_error(fmt::format("{}: a day has no Date", target.text()));
    for (const auto& [name, value] : *object) {
      if (name == "Date") continue;
      if (!value.is_int64())
        return source_error(fmt::format("{}: the count of {} on {} is not an integer", target.text(),
                                        std::string_view(name), view(*text)));
      std::string text_of_name;
      append_json_string(text_of_name, name);
      if (!seen.insert(date + text_of_name).second) continue;
      projection.write_row(block, {{"date", date},
                                   {statistics.name_column, text_of_name},
                                   {"count", std::to_string(value.as_int64())}});
    }
  }
  block.extracted_at = api.host().now();
  return records.push(block);
}

Result<void> read_range(Api& api, const Statistics& statistics, const std::string& part,
                        const Projection& projection, Days range, Records& records) {
  if (statistics.shape == Statistics::Shape::days_by_key)
    return read_days_by_key(api, statistics, part, projection, range, records);
  const auto step = statistics.shape == Statistics::Shape::day ? days(1) : range.to - range.from + days(1);
  for (auto from = range.from; from <= range.to; from += step) {
    auto read = read_rows(api, statistics, part, projection, {from, from + step - days(1)}, records);
    if (!read) return read;
  }
  return {};
}

// Whether the API accepts the message stream. It may refuse an archived one, at the cost of a request. If the
// request fails in another way, reading has that error too.
bool has_statistics(Api& api, const Statistics& statistics, const Partition& stream) {
  if (!is_archived(stream.members)) return true;
  const auto today = eastern().day_of(api.host().now());
  const auto answer = api.client()->get_object(target_of(statistics, stream.name, {today, today}));
  return answer || !api.skips(stream, answer.error());
}

// The message streams that send and have statistics.
Result<std::vector<Partition>> partitions_with_statistics(Api& api, const Statistics& statistics) {
  auto partitions = api.message_streams(false);
  if (!partitions) return partitions;
  std::erase_if(*partitions, [&](const Partition& each) { return !has_statistics(api, statistics, each); });
  return partitions;
}

std::optional<Partitions> partitions_of(const Statistics& statistics, const std::shared_ptr<Api>& api,
                                        const Config& config) {
  if (statistics.by == Statistics::By::everything) return std::nullopt;
  const auto member = member_of(statistics.by);
  Partitions partitions{.member = member, .bookmarks = member + "s"};
  if (statistics.by == Statistics::By::tag)
    partitions.names = config.tags;
  else
    partitions.find = [&statistics, api] { return partitions_with_statistics(*api, statistics); };
  return partitions;
}

Result<void> read_slice(Api& api, const Statistics& statistics, const ReadRequest& request,
                        Records& records) {
  const auto slice = days_of(request.slice);
  if (!slice) return Failed(slice.error());
  const auto part = text_of(request.slice, member_of(statistics.by));
  std::string quoted;
  append_json_string(quoted, part);
  const bool is_whole = statistics.by == Statistics::By::everything;
  const auto columns =
      is_whole ? request.projection : request.projection.with(member_of(statistics.by), quoted);
  // If the oldest day is refused, nothing has been emitted yet.
  for (Days range{slice->first, slice->last};;) {
    range.from = std::max(range.from, api.oldest_day());
    if (range.from > range.to) return {};
    auto read = read_range(api, statistics, part, columns, range, records);
    if (read || !is_too_old(read.error())) return read;
    const auto oldest = api.find_oldest_day(range.from, read.error());
    if (!oldest) return Failed(oldest.error());
  }
}

}  // namespace

SourceStream make_stream(const Statistics& statistics, const std::shared_ptr<Api>& api, const Config& config,
                         Host host) {
  auto incremental = by_days(config, config.stats_lookback, days_by_answer);
  if (statistics.shape == Statistics::Shape::day) {
    incremental.step = days_by_request;
    incremental.least_slices = slices_of_days;
  }
  return incremental_stream(host, statistics.stream, std::move(incremental),
                            partitions_of(statistics, api, config),
                            [&statistics, api](const ReadRequest& request, Records& records) {
                              return read_slice(*api, statistics, request, records);
                            });
}

}  // namespace postmark
