// Singer metrics on the log, as orchestrators read them: METRIC: {"type":"counter","metric":"record_count",…}
// https://github.com/singer-io/getting-started/blob/master/docs/SYNC_MODE.md#metric-messages
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "report/log.hpp"
#include "report/progress.hpp"
#include "system/clock.hpp"

namespace tapster::host {

// Logs the rows of each stream and the requests once a minute of the machine's time. The destructor logs the
// rest of them, and how long the streams and the run took. A counter's value is the increase since it was
// last logged, so the values add up to the total.
class Metrics {
 public:
  // Returns the current values of the counters, such as "requests". Called on the metrics' thread.
  using Counters = std::function<std::map<std::string, int64_t>()>;

  // Everything given must outlive the metrics.
  Metrics(const Progress& progress, Counters counters, const Clock& clock, Log& log,
          std::chrono::milliseconds interval = std::chrono::minutes(1));
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

 private:
  void log_counters();
  void log_timers();

  const Progress& progress_;
  const Counters counters_;
  const Clock& clock_;
  Log& log_;
  const std::chrono::microseconds began_;
  std::vector<uint64_t> rows_;  // logged so far, by stream
  int64_t requests_ = 0;        // logged so far
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace tapster::host
