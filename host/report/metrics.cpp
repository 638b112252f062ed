#include "report/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/json.hpp>
#include <utility>

#include "system/thread.hpp"

namespace tapster::host {

namespace {

void write(Log& log, std::string_view stream, const json::object& metric) {
  log.write(Level::info, "tapster", stream, "METRIC: " + json::serialize(metric));
}

// singer-python calls it an endpoint, and Meltano's SDK a stream.
json::object tags_of(const StreamProgress& stream) {
  return {{"endpoint", stream.name}, {"stream", stream.name}};
}

std::string_view status(bool is_complete) {
  return is_complete ? "succeeded" : "failed";
}

}  // namespace

Metrics::Metrics(const Progress& progress, Counters counters, const Clock& clock, Log& log,
                 std::chrono::milliseconds interval)
    : progress_(progress),
      counters_(std::move(counters)),
      clock_(clock),
      log_(log),
      began_(clock_.monotonic()),
      rows_(progress.size()) {
  auto thread = start_thread([this, interval] {
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, interval, [this] { return ended_; })) log_counters();
  });
  if (thread)
    thread_ = *std::move(thread);
  else
    log_.warning("metrics are logged at the end only: " + thread.error().message);
}

Metrics::~Metrics() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_one();
  if (thread_.joinable()) thread_.join();
  log_counters();
  log_timers();
}

void Metrics::log_counters() {
  for (size_t i = 0; i < progress_.size(); ++i) {
    // A retried slice lowers the number of rows. Nothing is logged until it is higher than before.
    const uint64_t rows = std::max<uint64_t>(progress_[i].rows, rows_[i]);
    if (rows == rows_[i] && !ended_) continue;
    write(log_, progress_[i].name,
          {{"type", "counter"},
           {"metric", "record_count"},
           {"value", rows - rows_[i]},
           {"tags", tags_of(progress_[i])}});
    rows_[i] = rows;
  }
  const auto counters = counters_();
  const auto found = counters.find("requests");
  const auto requests = found == counters.end() ? 0 : found->second;
  if (requests == requests_) return;
  write(log_, {},
        {{"type", "counter"},
         {"metric", "http_request_count"},
         {"value", requests - requests_},
         {"tags", json::object()}});
  requests_ = requests;
}

void Metrics::log_timers() {
  bool all_complete = true;
  for (const auto& stream : progress_) {
    const bool is_complete = stream.status == StreamStatus::complete;
    all_complete = all_complete && is_complete;
    auto tags = tags_of(stream);
    tags["status"] = status(is_complete);
    write(log_, stream.name,
          {{"type", "timer"},
           {"metric", "sync_duration"},
           {"value", static_cast<double>(stream.ended_at - stream.started_at) / 1e6},
           {"tags", std::move(tags)}});
  }
  const auto time = clock_.monotonic() - began_;
  write(log_, {},
        {{"type", "timer"},
         {"metric", "job_duration"},
         {"value", std::chrono::duration<double>(time).count()},
         {"tags", {{"job_type", "sync"}, {"status", status(all_complete)}}}});
}

}  // namespace tapster::host
