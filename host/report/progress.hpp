// How far a sync is: the numbers, the lines on a terminal that show them, and the summary at the end.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tapster/json.hpp>
#include <thread>

#include "report/log.hpp"

namespace tapster::host {

// Partial: a part of it failed, and another went well.
enum class StreamStatus { waiting, running, complete, partial, failed, stopped };

// One stream's numbers. Written by the sync's threads, read by anybody.
struct StreamProgress {
  explicit StreamProgress(std::string stream_name) : name(std::move(stream_name)) {}
  const std::string name;
  std::atomic<StreamStatus> status = StreamStatus::waiting;
  std::atomic<uint64_t> rows = 0, bytes = 0;
  std::atomic<uint64_t> slices_planned = 0, slices_done = 0, retries = 0;
  std::atomic<int64_t> started_at = 0, ended_at = 0;  // microseconds of the clock's monotonic time
  std::string error;  // why it failed, the first cause; to be read when the sync has ended
};

using Progress = std::deque<StreamProgress>;

// Shows the numbers on a terminal while it lives: a line a stream, ten times a second.
class ProgressDisplay : public Log::Screen {
 public:
  // `descriptor` has to be a terminal; everything given has to outlive the display.
  ProgressDisplay(const Progress& progress, const Clock& clock, Log& log, int descriptor = 2);
  ~ProgressDisplay() override;
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void clear() override;
  void redraw() override;

 private:
  void draw();

  const Progress& progress_;
  const Clock& clock_;
  Log& log_;
  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  size_t lines_ = 0;  // on the screen now
  std::thread thread_;
};

// The lines of the display, at most `width` characters each: name, rows, rate, slices done of planned.
std::vector<std::string> progress_lines(const Progress& progress, std::chrono::microseconds now,
                                        size_t width);

// What a run did: a line for the log, a table of the streams to go with it, and a document for machines.
std::string summary_line(const Progress& progress, const std::map<std::string, int64_t>& counters,
                         std::chrono::microseconds time);
std::string summary_table(const Progress& progress);
json::object summary(const Progress& progress, const std::map<std::string, int64_t>& counters,
                     std::chrono::microseconds time);

}  // namespace tapster::host
