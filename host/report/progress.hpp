// How far a sync is, in numbers. The sync writes them; the display, the metrics, the summary and Airbyte's
// traces read them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "system/exit_code.hpp"

namespace tapster::host {

// Partial: some partitions of the stream failed, and others did not.
enum class StreamStatus { waiting, running, complete, partial, failed, stopped };

// One stream's numbers. Written by the sync's threads, read by any thread.
struct StreamProgress {
  explicit StreamProgress(std::string stream_name) : name(std::move(stream_name)) {}
  const std::string name;
  std::atomic<StreamStatus> status = StreamStatus::waiting;
  std::atomic<bool> is_planned = false;  // slices_planned will not grow
  std::atomic<uint64_t> rows = 0, bytes = 0;
  std::atomic<uint64_t> rejected = 0;     // records that could not be read and were set aside
  std::atomic<uint64_t> removed_nul = 0;  // characters U+0000 that were removed from its records
  std::atomic<uint64_t> slices_planned = 0, slices_done = 0, retries = 0;
  std::atomic<int64_t> started_at = 0, ended_at = 0;  // microseconds of the clock's monotonic time
  // Why it failed, the first cause; to be read when the stream has ended.
  std::string error;
  FailureType error_type = FailureType::system;
};

using Progress = std::deque<StreamProgress>;

std::string_view to_string(StreamStatus status);

// Seconds from the start of the stream to its end, or to `now` (of the clock's monotonic time); 0 if it has
// not started.
double seconds_of(const StreamProgress& stream, std::chrono::microseconds now);

// Rows per second; 0 if `seconds` is 0.
double rows_a_second(uint64_t rows, double seconds);

}  // namespace tapster::host
