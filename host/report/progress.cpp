#include "report/progress.hpp"

namespace tapster::host {

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

double rows_a_second(uint64_t rows, double seconds) {
  return seconds > 0 ? static_cast<double>(rows) / seconds : 0;
}

}  // namespace tapster::host
