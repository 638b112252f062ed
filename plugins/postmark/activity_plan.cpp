// Plans the slices of a list, and decides whether its date filters can be used. The first request is that of
// the list's first page. If it shows that one slice is enough, that is all, and the slice begins with this
// page.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "activity.hpp"
#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

// A slice of this size takes some seconds, so its last, partly filled page costs little.
constexpr int64_t rows_of_a_slice = 5'000;

// The same for rows that cost one request each.
constexpr int64_t details_of_a_slice = 200;

// Whether the first page of a list without dates has all of its rows that are in the window.
bool has_all_of(const Api::Top& newest, Window window) {
  if (newest.rows != std::min(newest.total, page_size)) return false;
  if (newest.rows == newest.total) return true;
  return std::is_sorted(newest.times.rbegin(), newest.times.rend()) && newest.times.back() < window.from;
}

// Returns why a list with undocumented dates must be read without them; empty if they work. To find out, it
// requests the newest rows again by their own times. `all` is the first page of the list without dates.
Result<std::string_view> why_back(Api& api, const Activity& activity, std::string_view message_stream,
                                  const Api::Top& all) {
  if (all.times.empty()) return "";
  // A query for a row in the repeated hour covers two hours, which proves little.
  std::optional<FineTime> oldest;
  for (const auto time : all.times) {
    if (is_repeated(std::chrono::floor<std::chrono::microseconds>(time))) continue;
    oldest = std::min(oldest.value_or(time), time);
  }
  if (!oldest) return "all new rows are in the hour that is repeated in autumn";
  const auto newest = *std::max_element(all.times.begin(), all.times.end());
  const auto shown =
      std::count_if(all.times.begin(), all.times.end(), [&](const FineTime time) { return time >= *oldest; });
  const auto dates = wall_range({std::chrono::floor<std::chrono::seconds>(*oldest),
                                 std::chrono::floor<std::chrono::seconds>(newest) + 1s});
  const auto counted = api.top(list_of(activity, message_stream, dates), activity.records);
  if (!counted) return Failed(counted.error());
  // For instance when the message was sent: then events of older messages are missing.
  if (counted->total < shown) return "date filters use another time than that of the rows";
  // A list with no other rows proves nothing. The reader still notices a row from outside the requested time.
  const bool narrows = counted->total < all.total || all.total <= shown;
  return narrows ? "" : "the API ignores date filters";
}

// Requests the first page of a list; none if the API does not accept the message stream for it. Whether it
// accepts an inbound or an archived one is not documented.
Result<std::optional<Api::Top>> first_page(Api& api, const Activity& activity, const Partition& stream,
                                           const Target& list) {
  auto page = api.top(list, activity.records, page_size,
                      activity.documents_dates ? std::string_view() : time_of(activity));
  if (page) return std::optional(*std::move(page));
  auto& error = page.error();
  if (api.skips(stream, error)) return std::nullopt;
  // A rejection without a code is from a proxy, not from the API.
  if (!is_inbound(stream.members) || error.status != Status::source || error.source_code == 0)
    return Failed(std::move(error));
  api.host().info(
      fmt::format("{}: skipping inbound message streams: {}", activity.stream.name, error.message));
  return std::nullopt;
}

json::object slice_of(Window window, bool reads_back) {
  auto slice = to_json(window);
  if (reads_back) slice["reads_back"] = true;
  return slice;
}

// Postmark keeps message activity for a year at most. Older counts are of rows that no longer exist, and the
// API may refuse them.
// https://postmarkapp.com/support/article/1168-how-long-is-message-content-stored
constexpr days longest_retention{365};

// The maximum of one count. Counts are only a hint: a wrong one may cost requests, but nothing else.
constexpr int64_t largest_count = 100'000'000;

// Returns the first and the last day of the window that may still have rows.
std::pair<Day, Day> days_in(Window window) {
  const auto last = eastern().day_of(window.to);
  return {std::max(eastern().day_of(window.from), Day(last - longest_retention)), last};
}

// The same number of rows for each day of the window, for use without statistics.
Volume same_each_day(Window window, int64_t rows) {
  Volume volume;
  const auto [first, last] = days_in(window);
  for (auto day = first; day <= last; day += days(1)) volume[day] = rows;
  return volume;
}

// Requests the statistics that belong to a list, once for any number of days. They are only a hint: a window
// of any size can be read, so a wrong number costs requests, but never rows.
Result<Volume> request_volume(Api& api, const Activity& activity, std::string_view message_stream,
                              Window window) {
  const auto [first, last] = days_in(window);
  const auto target = Target(activity.volume_path)
                          .with("messagestream", message_stream)
                          .with("fromdate", format_day(first))
                          .with("todate", format_day(last));
  const auto answer = api.client()->get_object(target);
  if (!answer) return Failed(answer.error());
  Volume volume;
  if (const auto* list = find_array(*answer, "Days")) {
    for (const auto& entry : *list) {
      const auto* object = entry.if_object();
      const auto* date = object ? find_string(*object, "Date") : nullptr;
      const auto day = date ? parse_day(view(*date).substr(0, 10)) : std::nullopt;
      if (!day) continue;
      for (const auto& [name, count] : *object) {
        const bool is_counted = activity.volume_count.empty() || name == activity.volume_count;
        if (is_counted && count.is_int64())
          volume[*day] += std::clamp<int64_t>(count.as_int64(), 0, largest_count);
      }
    }
  }
  return volume;
}

}  // namespace

Target list_of(const Activity& activity, std::string_view message_stream,
               const std::optional<WallRange>& dates) {
  const auto list = Target(activity.path).with("messagestream", message_stream);
  return dates ? list.with("fromdate", dates->from).with("todate", dates->to) : list;
}

Result<void> plan_activity(Api& api, const Activity& activity, const Partition& stream, Window window,
                           const Slices& slices) {
  const auto& message_stream = stream.name;
  if (window.from >= window.to) return {};
  const auto dates = activity.documents_dates ? std::optional(wall_range(window)) : std::nullopt;
  const auto list = list_of(activity, message_stream, dates);
  auto first = first_page(api, activity, stream, list);
  if (!first) return Failed(std::move(first).error());
  if (!*first) return {};
  auto& page = **first;
  // Pushes the window as the slice that begins with this page.
  const auto push_all = [&](bool reads_back) {
    api.keep(list, std::move(page.body));
    return slices.push(slice_of(window, reads_back));
  };
  if (!activity.documents_dates) {
    if (has_all_of(page, window)) return push_all(true);
    const auto why = why_back(api, activity, message_stream, page);
    if (!why) return Failed(why.error());
    if (!why->empty()) {
      api.host().info(fmt::format("{}: message stream {}: {}; reading back from the newest row",
                                  activity.stream.name, message_stream, *why));
      return push_all(true);
    }
  }
  const auto rows = activity.is_costly ? details_of_a_slice : rows_of_a_slice;
  if (page.total <= rows) {
    return activity.documents_dates ? push_all(false) : slices.push(slice_of(window, false));
  }
  auto volume = request_volume(api, activity, message_stream, window);
  if (!volume) {
    const auto& error = volume.error();
    if (error.status == Status::auth || error.status == Status::cancelled) return Failed(error);
    api.host().warning(fmt::format("{}: planning by days, because the statistics cannot be read: {}",
                                   activity.stream.name, error.message));
    volume = same_each_day(window, rows);
  }
  for (const auto& part : cut_by_volume(window, *volume, rows, eastern())) {
    auto pushed = slices.push(slice_of(part, false));
    if (!pushed) return pushed;
  }
  return {};
}

}  // namespace postmark
