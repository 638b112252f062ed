#include "volume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// Postmark keeps message activity for a year at most. Older counts are of rows that no longer exist, and the
// API may refuse them.
// https://postmarkapp.com/support/article/1168-how-long-is-message-content-stored
constexpr days longest_retention{365};

// The maximum of one count. Counts are only a hint: a wrong one may cost requests, but nothing else.
constexpr int64_t largest_count = 100'000'000;

// The maximum number of windows per day.
constexpr int64_t windows_of_a_day = days(1) / std::chrono::minutes(1);

// Appends `count` windows of the same length, cut at full seconds.
void cut_evenly(Window window, int64_t count, std::vector<Window>& out) {
  const auto length = (window.to - window.from) / count;
  auto from = window.from;
  for (int64_t i = 1; i <= count; ++i) {
    const auto to =
        i == count ? window.to : std::chrono::floor<std::chrono::seconds>(window.from + i * length);
    if (to > from) out.push_back({from, to});
    from = std::max(from, to);
  }
}

// Returns the first and the last day of the window that may still have rows.
std::pair<Day, Day> days_of(Window window) {
  const auto last = eastern().day_of(window.to);
  return {std::max(eastern().day_of(window.from), Day(last - longest_retention)), last};
}

}  // namespace

Result<Volume> ask_volume(Api& api, const Activity& activity, std::string_view message_stream,
                          Window window) {
  const auto [first, last] = days_of(window);
  const auto target = Target(activity.volume_path)
                          .with("messagestream", message_stream)
                          .with("fromdate", format_day(first))
                          .with("todate", format_day(last));
  const auto answer = api.get_object(target);
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

Volume same_each_day(Window window, int64_t rows) {
  Volume volume;
  const auto [first, last] = days_of(window);
  for (auto day = first; day <= last; day += days(1)) volume[day] = rows;
  return volume;
}

std::vector<Window> cut_by_volume(Window window, const Volume& volume, int64_t rows) {
  std::vector<Window> windows;
  Window open{window.from, window.from};
  int64_t gathered = 0;
  const auto close = [&] {
    if (open.to > open.from) windows.push_back(open);
    open = {open.to, open.to};
    gathered = 0;
  };
  for (const auto& [day, count] : volume) {
    const auto begin = std::clamp(eastern().start_of(day), window.from, window.to);
    const auto end = std::clamp(eastern().start_of(day + days(1)), window.from, window.to);
    if (begin == end) continue;
    open.to = begin;
    if (gathered + count > rows) close();
    if (count > rows) {
      open.from = end;
      cut_evenly({begin, end}, std::min((count + rows - 1) / rows, windows_of_a_day), windows);
    } else {
      gathered += count;
    }
    open.to = end;
  }
  open.to = window.to;
  close();
  return windows;
}

}  // namespace postmark
