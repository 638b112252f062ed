#include "report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
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

constexpr std::string_view success_metric = "tapster_last_success_time_seconds";

// As Prometheus wants the value of a label.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string seconds_since_1970(Time time) {
  return fmt::format("{:.3f}", static_cast<double>(to_unix_micros(time)) / 1e6);
}

// The value of a metric in a file of metrics; empty if it has none.
std::string value_in(std::string_view file, std::string_view metric, std::string_view labels) {
  const auto start = fmt::format("\n{}{{{}}} ", metric, labels);
  const auto found = file.find(start);
  if (found == std::string_view::npos) return {};
  const auto value = file.substr(found + start.size());
  return std::string(value.substr(0, value.find('\n')));
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

std::string prometheus_metrics(const RunReport& run, const Progress& progress, std::string_view before) {
  const auto connector = fmt::format("connector=\"{}\"", escaped(run.connector));
  std::string text;
  const auto start_metric = [&](std::string_view name, std::string_view help) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
  };
  const auto add = [&](std::string_view name, std::string_view help, std::string_view value) {
    start_metric(name, help);
    text += fmt::format("{}{{{}}} {}\n", name, connector, value);
  };
  const auto add_streams = [&](std::string_view name, std::string_view help, const auto& value_of) {
    start_metric(name, help);
    for (const auto& stream : progress)
      text +=
          fmt::format("{}{{{},stream=\"{}\"}} {}\n", name, connector, escaped(stream.name), value_of(stream));
  };

  const auto ended = seconds_since_1970(run.ended);
  if (run.rounds) {
    add("tapster_rounds", "Rounds of read --every in this process.", fmt::format("{}", run.rounds->ended));
    add("tapster_failed_rounds", "Rounds that failed.", fmt::format("{}", run.rounds->failed));
  }
  add("tapster_run_exit_code", "Exit code of the last run.", fmt::format("{}", run.exit_code));
  add("tapster_run_start_time_seconds", "When the last run started.", seconds_since_1970(run.started));
  add("tapster_run_end_time_seconds", "When the last run ended.", ended);
  const auto success = run.exit_code == 0 ? ended : value_in(before, success_metric, connector);
  if (!success.empty()) add(success_metric, "When the last run with exit code 0 ended.", success);
  start_metric("tapster_run_info", "Versions and id of the last run; the value is always 1.");
  text +=
      fmt::format("tapster_run_info{{{},connector_version=\"{}\",tapster_version=\"{}\",run_id=\"{}\"}} 1\n",
                  connector, escaped(run.connector_version), TAPSTER_VERSION, run.id);

  add_streams("tapster_stream_complete", "1 if the last run read the stream completely, otherwise 0.",
              [](const StreamProgress& stream) { return stream.status == StreamStatus::complete ? 1 : 0; });
  add_streams("tapster_stream_rows", "Rows of the stream in the last run.",
              [](const StreamProgress& stream) { return stream.rows.load(); });
  add_streams("tapster_stream_bytes", "Bytes of the stream's records in the last run.",
              [](const StreamProgress& stream) { return stream.bytes.load(); });
  add_streams("tapster_stream_rejected", "Records of the stream that could not be read in the last run.",
              [](const StreamProgress& stream) { return stream.rejected.load(); });
  add_streams("tapster_stream_slice_retries", "Slices of the stream that were read again in the last run.",
              [](const StreamProgress& stream) { return stream.retries.load(); });
  add_streams("tapster_stream_duration_seconds", "Time from the stream's start to its end in the last run.",
              [](const StreamProgress& stream) {
                return fmt::format("{:.6f}", seconds_of(stream, std::chrono::microseconds(stream.ended_at)));
              });

  start_metric("tapster_counter", "Counters of the last run, such as requests and retries.");
  for (const auto& [name, value] : run.counters)
    text += fmt::format("tapster_counter{{{},name=\"{}\"}} {}\n", connector, escaped(name), value);
  return text;
}

std::string random_uuid() {
  std::random_device random;
  const auto digits = fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
  constexpr std::string_view variants = "89ab";
  return fmt::format("{}-{}-4{}-{}{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 3),
                     variants[random() % variants.size()], digits.substr(15, 3), digits.substr(18, 12));
}

}  // namespace tapster::host
