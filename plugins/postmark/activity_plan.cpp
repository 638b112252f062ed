// Plans the slices of a list, and decides whether its date filters can be used.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "activity.hpp"
#include "eastern.hpp"
#include "list_top.hpp"
#include "volume.hpp"

namespace postmark {

using namespace tapster;
using namespace std::chrono_literals;

namespace {

// A slice of this size takes some seconds, so its last, partly filled page costs little.
constexpr int64_t rows_of_a_slice = 5'000;

// A window up to this length is one slice. Its volume is not requested.
constexpr auto short_window = std::chrono::hours(6);

// The same for rows that cost one request each.
constexpr int64_t details_of_a_slice = 200;

// Returns why a list with undocumented dates must be read without them; empty if they work. To find out, it
// requests the newest rows again by their own times.
Result<std::string_view> why_back(Api& api, const Activity& activity, std::string_view message_stream) {
  if (activity.documents_dates) return "";
  const auto list = Target(activity.path).with("messagestream", message_stream);
  const auto all = top_of(api, activity, list, page_size);
  if (!all) return Failed(all.error());
  if (all->times.empty()) return "";
  // A query for a row in the repeated hour covers two hours, which proves little.
  std::optional<FineTime> oldest;
  for (const auto time : all->times) {
    if (is_repeated(std::chrono::floor<std::chrono::microseconds>(time))) continue;
    oldest = std::min(oldest.value_or(time), time);
  }
  if (!oldest) return "all new rows are in the hour that is repeated in autumn";
  const auto newest = *std::max_element(all->times.begin(), all->times.end());
  const auto shown = std::count_if(all->times.begin(), all->times.end(),
                                   [&](const FineTime time) { return time >= *oldest; });
  const auto dates = wall_range({std::chrono::floor<std::chrono::seconds>(*oldest),
                                 std::chrono::floor<std::chrono::seconds>(newest) + 1s});
  const auto counted =
      api.total_count(list.with("fromdate", dates.from).with("todate", dates.to), activity.records);
  if (!counted) return Failed(counted.error());
  // For instance when the message was sent: then events of older messages are missing.
  if (*counted < shown) return "date filters use another time than that of the rows";
  // A list with no other rows proves nothing. The reader still notices a row from outside the requested time.
  const bool narrows = *counted < all->total || all->total <= shown;
  return narrows ? "" : "the API ignores date filters";
}

// Whether the API accepts an inbound or archived message stream for the list, which is not documented.
Result<bool> answers_for(Api& api, const Activity& activity, const MessageStream& stream) {
  const auto answer = api.get_object(page_of(Target(activity.path).with("messagestream", stream.id), 1, 0));
  if (answer) return true;
  if (api.skips(stream, answer.error())) return false;
  // A rejection without a code is from a proxy, not from the API.
  if (!stream.is_inbound || answer.error().status != Status::source || answer.error().source_code == 0)
    return Failed(answer.error());
  api.host().info(
      fmt::format("{}: skipping inbound message streams: {}", activity.stream.name, answer.error().message));
  return false;
}

json::object to_json(const ActivitySlice& slice) {
  json::object object{{"message_stream", slice.message_stream},
                      {"from", format_time(slice.window.from)},
                      {"to", format_time(slice.window.to)}};
  if (slice.reads_back) object["reads_back"] = true;
  return object;
}

}  // namespace

Result<ActivitySlice> activity_slice(const json::object& slice) {
  const auto* message_stream = find_string(slice, "message_stream");
  const auto time = [&](std::string_view name) -> std::optional<Time> {
    const auto* text = find_string(slice, name);
    const auto parsed = text ? parse_time(view(*text)) : std::nullopt;
    if (!parsed) return std::nullopt;
    return std::chrono::floor<std::chrono::microseconds>(*parsed);
  };
  const auto from = time("from");
  const auto to = time("to");
  if (!message_stream || !from || !to) {
    return internal_error(fmt::format("not a slice of messages or events: {}", json::serialize(slice)));
  }
  const auto* flag = slice.if_contains("reads_back");
  return ActivitySlice{
      std::string(view(*message_stream)), {*from, *to}, flag && flag->is_bool() && flag->as_bool()};
}

Result<void> plan_activity(Api& api, const Activity& activity, const MessageStream& stream, Window window,
                           Slices& slices) {
  const auto& message_stream = stream.id;
  if (window.from >= window.to) return {};
  if (stream.is_inbound || stream.is_archived) {
    const auto answering = answers_for(api, activity, stream);
    if (!answering) return Failed(answering.error());
    if (!*answering) return {};
  }
  const auto why = why_back(api, activity, message_stream);
  if (!why) return Failed(why.error());
  if (!why->empty()) {
    api.host().info(fmt::format("{}: message stream {}: {}; reading back from the newest row",
                                activity.stream.name, message_stream, *why));
    return slices.push(to_json({message_stream, window, true}));
  }
  const auto rows = activity.is_costly ? details_of_a_slice : rows_of_a_slice;
  Volume volume;
  if (window.to - window.from > short_window || activity.is_costly) {
    auto asked = ask_volume(api, activity, message_stream, window);
    if (!asked) {
      const auto& error = asked.error();
      if (error.status == Status::auth || error.status == Status::cancelled) return Failed(error);
      api.host().warning(fmt::format("{}: planning by days, because the statistics cannot be read: {}",
                                     activity.stream.name, error.message));
      asked = same_each_day(window, rows);
    }
    volume = *std::move(asked);
  }
  for (const auto& part : cut_by_volume(window, volume, rows)) {
    auto pushed = slices.push(to_json({message_stream, part, false}));
    if (!pushed) return pushed;
  }
  return {};
}

}  // namespace postmark
