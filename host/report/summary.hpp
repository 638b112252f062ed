// What a run did: for the log, and as JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>

#include "report/progress.hpp"

namespace tapster::host {

// The rounds of `read --every` in this process, the last one included.
struct RoundCounts {
  int64_t ended = 0, failed = 0;
};

// A run that has ended.
struct RunReport {
  std::string id = {};  // a random UUID
  std::string connector = {};
  std::string connector_version = {};  // empty if the connector could not be loaded
  Time started = {}, ended = {};
  int exit_code = 0;
  std::string error = {};  // why it failed, without secrets; empty if it did not
  std::map<std::string, int64_t> counters = {};
  std::optional<RoundCounts> rounds = {};  // with --every
};

// A line for the log, and a table of the streams to follow it.
std::string summary_line(const Progress& progress, const std::map<std::string, int64_t>& counters,
                         std::chrono::microseconds time);
std::string summary_table(const Progress& progress);

// The content of --summary.
json::object summary(const RunReport& run, const Progress& progress);

}  // namespace tapster::host
