#include "report/progress_display.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "system/descriptor.hpp"
#include "system/terminal.hpp"
#include "system/thread.hpp"

namespace tapster::host {

using namespace std::chrono_literals;

namespace {

// "40 s", "12 min" or "3 h 20 min".
std::string rough_time(double seconds) {
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 90) return fmt::format("{} s", std::max<int64_t>(1, whole));
  const auto minutes = (whole + 30) / 60;
  return minutes < 90 ? fmt::format("{} min", minutes)
                      : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string total_line(const Progress& progress, std::chrono::microseconds elapsed) {
  uint64_t rows = 0;
  uint64_t planned = 0;
  uint64_t done = 0;
  size_t ended = 0;
  bool is_planned = true;
  for (const auto& stream : progress) {
    rows += stream.rows;
    planned += stream.slices_planned;
    done += stream.slices_done;
    is_planned = is_planned && stream.is_planned;
    const StreamStatus status = stream.status;
    if (status != StreamStatus::waiting && status != StreamStatus::running) ++ended;
  }
  const auto seconds = std::chrono::duration<double>(elapsed).count();
  auto line = fmt::format("{} of {} streams, {} rows, {:.0f}/s, {} of {}{} slices", ended, progress.size(),
                          rows, rows_a_second(rows, seconds), done, planned, is_planned ? "" : "+");
  if (is_planned && done > 0 && done < planned)
    line += fmt::format(", about {} left", rough_time(seconds * static_cast<double>(planned - done) /
                                                      static_cast<double>(done)));
  return line;
}

std::string stream_line(const StreamProgress& stream, std::chrono::microseconds now, size_t longest_name) {
  const uint64_t rows = stream.rows;
  return fmt::format("{:<{}}  {:<8} {:>8} rows {:>6.0f}/s {:>4}/{} slices", stream.name, longest_name,
                     to_string(stream.status), rows, rows_a_second(rows, seconds_of(stream, now)),
                     stream.slices_done.load(), stream.slices_planned.load());
}

// Whether a stream is shown although others have to be left out.
bool is_interesting(StreamStatus status) {
  return status != StreamStatus::waiting && status != StreamStatus::complete;
}

}  // namespace

std::vector<std::string> progress_lines(const Progress& progress, std::chrono::microseconds now,
                                        std::chrono::microseconds elapsed, size_t width, size_t height) {
  size_t longest = 0;
  for (const auto& stream : progress) longest = std::max(longest, stream.name.size());
  std::vector<std::string> lines{total_line(progress, elapsed)};
  const bool all_fit = progress.size() + 1 <= height;
  size_t complete = 0;
  size_t others = 0;
  for (const auto& stream : progress) {
    const StreamStatus status = stream.status;
    if (all_fit || (is_interesting(status) && lines.size() + 1 < height))
      lines.push_back(stream_line(stream, now, longest));
    else
      ++(status == StreamStatus::complete ? complete : others);
  }
  if (!all_fit) lines.push_back(fmt::format("and {} complete, {} others", complete, others));
  for (auto& line : lines) line = cut(line, width);
  return lines;
}

ProgressDisplay::ProgressDisplay(const Progress& progress, const Clock& clock, Log& log, int descriptor)
    : progress_(progress), clock_(clock), began_(clock.monotonic()), log_(log), descriptor_(descriptor) {
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
  (void)write_all(descriptor_, up);
  lines_ = 0;
}

void ProgressDisplay::redraw() {
  draw();
  mutex_.unlock();
}

void ProgressDisplay::draw() {
  std::string text;
  if (lines_ > 0) text = fmt::format("\x1b[{}F", lines_);
  const auto now = clock_.monotonic();
  // Without the last column and the last line, in which the cursor waits.
  const auto lines = progress_lines(progress_, now, now - began_, terminal_width(descriptor_) - 1,
                                    std::max<size_t>(3, terminal_height(descriptor_)) - 1);
  for (const auto& line : lines) text += line + "\x1b[K\n";
  lines_ = lines.size();
  (void)write_all(descriptor_, text);
}

}  // namespace tapster::host
