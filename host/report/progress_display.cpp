#include "report/progress_display.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "system/terminal.hpp"
#include "system/thread.hpp"

namespace tapster::host {

using namespace std::chrono_literals;

std::vector<std::string> progress_lines(const Progress& progress, std::chrono::microseconds now,
                                        size_t width) {
  size_t longest = 0;
  for (const auto& stream : progress) longest = std::max(longest, stream.name.size());
  std::vector<std::string> lines;
  for (const auto& stream : progress) {
    const uint64_t rows = stream.rows;
    auto line = fmt::format("{:<{}} {:>10} rows {:>8.0f}/s {:>4}/{} slices  {}", stream.name, longest, rows,
                            rows_a_second(rows, seconds_of(stream, now)), stream.slices_done.load(),
                            stream.slices_planned.load(), to_string(stream.status));
    lines.push_back(line.substr(0, width));
  }
  return lines;
}

ProgressDisplay::ProgressDisplay(const Progress& progress, const Clock& clock, Log& log, int descriptor)
    : progress_(progress), clock_(clock), log_(log), descriptor_(descriptor) {
  auto thread = start_thread([this] {
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, 100ms, [this] { return ended_; })) draw();
  });
  if (thread)
    thread_ = *std::move(thread);
  else
    log_.warning("progress is not shown: " + thread.error().message);
  log_.set_screen(this);
}

ProgressDisplay::~ProgressDisplay() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_one();
  if (thread_.joinable()) thread_.join();
  log_.set_screen(nullptr);
  // The summary replaces the display.
  ProgressDisplay::clear();
  mutex_.unlock();
}

void ProgressDisplay::clear() {
  mutex_.lock();  // until redraw: nothing is drawn between a log line's two halves
  if (lines_ == 0) return;
  const auto up = fmt::format("\x1b[{}F\x1b[J", lines_);
  (void)!::write(descriptor_, up.data(), up.size());
  lines_ = 0;
}

void ProgressDisplay::redraw() {
  draw();
  mutex_.unlock();
}

void ProgressDisplay::draw() {
  std::string text;
  if (lines_ > 0) text = fmt::format("\x1b[{}F", lines_);
  const auto lines = progress_lines(progress_, clock_.monotonic(), terminal_width(descriptor_) - 1);
  for (const auto& line : lines) text += line + "\x1b[K\n";
  lines_ = lines.size();
  (void)!::write(descriptor_, text.data(), text.size());
}

}  // namespace tapster::host
