// How far a sync is, in numbers. The sync writes them; the display, the metrics, the summary and Airbyte's
// estimates read them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace tapster::host {

// Partial: a part of it failed, and another went well.
enum class StreamStatus { waiting, running, complete, partial, failed, stopped };

// One stream's numbers. Written by the sync's threads, read by anybody.
struct StreamProgress {
  explicit StreamProgress(std::string stream_name) : name(std::move(stream_name)) {}
  const std::string name;
  std::atomic<StreamStatus> status = StreamStatus::waiting;
  std::atomic<uint64_t> rows = 0, bytes = 0;
  std::atomic<uint64_t> rejected = 0;  // records that could not be read and were set aside
  std::atomic<uint64_t> slices_planned = 0, slices_done = 0, retries = 0;
  std::atomic<int64_t> started_at = 0, ended_at = 0;  // microseconds of the clock's monotonic time
  std::string error;  // why it failed, the first cause; to be read when the sync has ended
};

using Progress = std::deque<StreamProgress>;

std::string_view to_string(StreamStatus status);

// Seconds since the stream began to be read, until `now` (of the clock's monotonic time) or its end; 0 while
// it waits.
double seconds_of(const StreamProgress& stream, std::chrono::microseconds now);

// Rows a second; 0 for no time.
double rows_a_second(uint64_t rows, double seconds);

}  // namespace tapster::host
