#include "report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/table.hpp"

namespace tapster::host {

namespace {

uint64_t rows_of(const Progress& progress) {
  uint64_t rows = 0;
  for (const auto& stream : progress) rows += stream.rows;
  return rows;
}

uint64_t rejected_of(const Progress& progress) {
  uint64_t rejected = 0;
  for (const auto& stream : progress) rejected += stream.rejected;
  return rejected;
}

int64_t counter(const std::map<std::string, int64_t>& counters, const std::string& name) {
  const auto found = counters.find(name);
  return found == counters.end() ? 0 : found->second;
}

}  // namespace

std::string summary_line(const Progress& progress, const std::map<std::string, int64_t>& counters,
                         std::chrono::microseconds time) {
  const auto complete = std::count_if(progress.begin(), progress.end(), [](const StreamProgress& stream) {
    return stream.status == StreamStatus::complete;
  });
  const double seconds = std::chrono::duration<double>(time).count();
  const auto rejected = rejected_of(progress);
  return fmt::format(
      "{} of {} streams complete: {} rows{} in {:.1f} s ({:.0f}/s), {} requests, {} retries, {:.1f} MB "
      "received",
      complete, progress.size(), rows_of(progress),
      rejected == 0 ? "" : fmt::format(", {} rejected,", rejected), seconds,
      rows_a_second(rows_of(progress), seconds), counter(counters, "requests"), counter(counters, "retries"),
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

json::object summary(const RunReport& run, const Progress& progress) {
  json::array streams;
  for (const auto& stream : progress) {
    json::object one{{"stream", stream.name},
                     {"status", to_string(stream.status)},
                     {"rows", stream.rows.load()},
                     {"bytes", stream.bytes.load()},
                     {"rejected", stream.rejected.load()},
                     {"removed_nul", stream.removed_nul.load()},
                     {"slices_planned", stream.slices_planned.load()},
                     {"slices_done", stream.slices_done.load()},
                     {"slice_retries", stream.retries.load()},
                     {"seconds", seconds_of(stream, std::chrono::microseconds(stream.ended_at))}};
    if (!stream.error.empty()) one["error"] = stream.error;
    streams.push_back(std::move(one));
  }
  json::object counted;
  for (const auto& [name, value] : run.counters) counted[name] = value;
  json::object document{{"run_id", run.id},
                        {"tapster_version", TAPSTER_VERSION},
                        {"connector", run.connector},
                        {"connector_version", run.connector_version},
                        {"started_at", format_time(run.started)},
                        {"ended_at", format_time(run.ended)},
                        {"exit_code", run.exit_code},
                        {"seconds", std::chrono::duration<double>(run.ended - run.started).count()},
                        {"rows", rows_of(progress)},
                        {"rejected", rejected_of(progress)},
                        {"counters", std::move(counted)},
                        {"streams", std::move(streams)}};
  if (!run.error.empty()) document["error"] = run.error;
  if (run.rounds)
    document["rounds"] = json::object{{"ended", run.rounds->ended}, {"failed", run.rounds->failed}};
  return document;
}

}  // namespace tapster::host
