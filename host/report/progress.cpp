#include "report/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "report/print.hpp"

namespace tapster::host {

namespace {

using namespace std::chrono_literals;

std::string_view to_string(StreamStatus status) {
  switch (status) {
    case StreamStatus::waiting:
      return "waiting";
    case StreamStatus::running:
      return "running";
    case StreamStatus::complete:
      return "complete";
    case StreamStatus::partial:
      return "partial";
    case StreamStatus::failed:
      return "failed";
    case StreamStatus::stopped:
      break;
  }
  return "stopped";
}

// How long a stream has been read, in seconds.
double seconds_of(const StreamProgress& stream, std::chrono::microseconds now) {
  if (stream.status == StreamStatus::waiting) return 0;
  const auto end = stream.ended_at != 0 ? stream.ended_at.load() : now.count();
  return static_cast<double>(end - stream.started_at) / 1e6;
}

double rate(uint64_t rows, double seconds) {
  return seconds > 0 ? static_cast<double>(rows) / seconds : 0;
}

uint64_t rows_of(const Progress& progress) {
  uint64_t rows = 0;
  for (const auto& stream : progress) rows += stream.rows;
  return rows;
}

int64_t counter(const std::map<std::string, int64_t>& counters, const std::string& name) {
  const auto found = counters.find(name);
  return found == counters.end() ? 0 : found->second;
}

size_t width_of(int terminal) {
  winsize size{};
  return ::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::vector<std::string> progress_lines(const Progress& progress, std::chrono::microseconds now,
                                        size_t width) {
  size_t longest = 0;
  for (const auto& stream : progress) longest = std::max(longest, stream.name.size());
  std::vector<std::string> lines;
  for (const auto& stream : progress) {
    const uint64_t rows = stream.rows;
    auto line = fmt::format("{:<{}} {:>10} rows {:>8.0f}/s {:>4}/{} slices  {}", stream.name, longest, rows,
                            rate(rows, seconds_of(stream, now)), stream.slices_done.load(),
                            stream.slices_planned.load(), to_string(stream.status));
    lines.push_back(line.substr(0, width));
  }
  return lines;
}

std::string summary_line(const Progress& progress, const std::map<std::string, int64_t>& counters,
                         std::chrono::microseconds time) {
  const auto complete = std::count_if(progress.begin(), progress.end(), [](const StreamProgress& stream) {
    return stream.status == StreamStatus::complete;
  });
  const double seconds = std::chrono::duration<double>(time).count();
  return fmt::format(
      "{} of {} streams complete: {} rows in {:.1f} s ({:.0f}/s), {} requests, {} retries, {:.1f} MB "
      "received",
      complete, progress.size(), rows_of(progress), seconds, rate(rows_of(progress), seconds),
      counter(counters, "requests"), counter(counters, "retries"),
      static_cast<double>(counter(counters, "bytes_received")) / 1e6);
}

std::string summary_table(const Progress& progress) {
  std::vector<std::vector<std::string>> rows{
      {"STREAM", "STATUS", "ROWS", "MB", "SLICES", "RETRIES", "SECONDS"}};
  for (const auto& stream : progress) {
    const auto seconds = seconds_of(stream, std::chrono::microseconds(stream.ended_at));
    rows.push_back({stream.name, std::string(to_string(stream.status)), fmt::format("{}", stream.rows.load()),
                    fmt::format("{:.1f}", static_cast<double>(stream.bytes) / 1e6),
                    fmt::format("{}/{}", stream.slices_done.load(), stream.slices_planned.load()),
                    fmt::format("{}", stream.retries.load()), fmt::format("{:.1f}", seconds)});
  }
  return table(rows);
}

json::object summary(const Progress& progress, const std::map<std::string, int64_t>& counters,
                     std::chrono::microseconds time) {
  json::array streams;
  for (const auto& stream : progress) {
    json::object one{{"stream", stream.name},
                     {"status", to_string(stream.status)},
                     {"rows", stream.rows.load()},
                     {"bytes", stream.bytes.load()},
                     {"slices_planned", stream.slices_planned.load()},
                     {"slices_done", stream.slices_done.load()},
                     {"slice_retries", stream.retries.load()},
                     {"seconds", seconds_of(stream, std::chrono::microseconds(stream.ended_at))}};
    if (!stream.error.empty()) one["error"] = stream.error;
    streams.push_back(std::move(one));
  }
  json::object counted;
  for (const auto& [name, value] : counters) counted[name] = value;
  return {{"seconds", std::chrono::duration<double>(time).count()},
          {"rows", rows_of(progress)},
          {"counters", std::move(counted)},
          {"streams", std::move(streams)}};
}

ProgressDisplay::ProgressDisplay(const Progress& progress, const Clock& clock, Log& log, int descriptor)
    : progress_(progress), clock_(clock), log_(log), descriptor_(descriptor) {
  log_.set_screen(this);
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, 100ms, [this] { return ended_; })) draw();
  });
}

ProgressDisplay::~ProgressDisplay() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_one();
  thread_.join();
  log_.set_screen(nullptr);
  // The summary takes its place.
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
  const auto lines = progress_lines(progress_, clock_.monotonic(), width_of(descriptor_) - 1);
  for (const auto& line : lines) text += line + "\x1b[K\n";
  lines_ = lines.size();
  (void)!::write(descriptor_, text.data(), text.size());
}

}  // namespace tapster::host
