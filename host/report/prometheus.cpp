#include "report/prometheus.hpp"

#include <fmt/format.h>

namespace tapster::host {

namespace {

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

}  // namespace

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

}  // namespace tapster::host
