#include <algorithm>
#include <tapster/incremental.hpp>

namespace tapster {

using std::chrono::days;

namespace {

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

}  // namespace

std::vector<Window> cut_by_volume(Window window, const Volume& volume, int64_t rows, const Zone& zone) {
  std::vector<Window> windows;
  Window open{window.from, window.from};
  int64_t gathered = 0;
  const auto close = [&] {
    if (open.to > open.from) windows.push_back(open);
    open = {open.to, open.to};
    gathered = 0;
  };
  for (const auto& [day, count] : volume) {
    const auto begin = std::clamp(zone.start_of(day), window.from, window.to);
    const auto end = std::clamp(zone.start_of(day + days(1)), window.from, window.to);
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

}  // namespace tapster
