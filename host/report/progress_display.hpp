// The lines on a terminal that show how far a sync is.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "report/log.hpp"
#include "report/progress.hpp"

namespace tapster::host {

// Shows the numbers on a terminal until it is destroyed, redrawn ten times a second: a line for the run, and
// one for each stream as far as the terminal is high enough.
class ProgressDisplay : public Log::Screen {
 public:
  // `descriptor` must be a terminal; everything given must outlive the display.
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
  const std::chrono::microseconds began_;
  Log& log_;
  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  size_t lines_ = 0;  // on the screen now
  std::thread thread_;
};

// The lines of the display, at most `height` (two or more), each of at most `width` columns. The first has
// the totals and, once every stream is planned, about how long the rest will take. If the streams do not fit,
// only those that are being read and those that failed are shown, and the last line counts the others.
// `elapsed` is the time since the run began.
std::vector<std::string> progress_lines(const Progress& progress, std::chrono::microseconds now,
                                        std::chrono::microseconds elapsed, size_t width, size_t height);

}  // namespace tapster::host
