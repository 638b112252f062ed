#include "report/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/json.hpp>
#include <utility>

#include "system/thread.hpp"

namespace tapster::host {

namespace {

// `value` is a plain number: Boost.JSON would write 1.5 as 1.5E0, which some readers take for a text.
void write(Log& log, std::string_view stream, std::string_view type, std::string_view metric,
           std::string_view value, const json::object& tags) {
  log.write(Level::info, "tapster", stream,
            fmt::format(R"(METRIC: {{"type":"{}","metric":"{}","value":{},"tags":{}}})", type, metric, value,
                        json::serialize(tags)));
}

void count(Log& log, std::string_view stream, std::string_view metric, uint64_t value,
           const json::object& tags) {
  write(log, stream, "counter", metric, fmt::format("{}", value), tags);
}

void time(Log& log, std::string_view stream, std::string_view metric, double seconds,
          const json::object& tags) {
  write(log, stream, "timer", metric, fmt::format("{:.6f}", seconds), tags);
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
    if (progress_[i].status == StreamStatus::waiting) continue;  // there is nothing to tell
    // A retried slice lowers the number of rows. Nothing is logged until it is higher than before.
    const uint64_t rows = std::max<uint64_t>(progress_[i].rows, rows_[i]);
    if (rows == rows_[i] && !ended_) continue;
    count(log_, progress_[i].name, "record_count", rows - rows_[i], tags_of(progress_[i]));
    rows_[i] = rows;
  }
  const auto counters = counters_();
  const auto found = counters.find("requests");
  const auto requests = found == counters.end() ? 0 : found->second;
  if (requests == requests_) return;
  count(log_, {}, "http_request_count", static_cast<uint64_t>(requests - requests_), {});
  requests_ = requests;
}

void Metrics::log_timers() {
  bool all_complete = true;
  for (const auto& stream : progress_) {
    const bool is_complete = stream.status == StreamStatus::complete;
    all_complete = all_complete && is_complete;
    if (stream.status == StreamStatus::waiting) continue;
    auto tags = tags_of(stream);
    tags["status"] = status(is_complete);
    time(log_, stream.name, "sync_duration", static_cast<double>(stream.ended_at - stream.started_at) / 1e6,
         tags);
  }
  const auto seconds = std::chrono::duration<double>(clock_.monotonic() - began_).count();
  time(log_, {}, "job_duration", seconds, {{"job_type", "sync"}, {"status", status(all_complete)}});
}

}  // namespace tapster::host
