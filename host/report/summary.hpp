// The summary of a run, for the log and as JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <tapster/json.hpp>

#include "report/progress.hpp"

namespace tapster::host {

// A line for the log, a table of the streams to follow it, and a JSON document.
std::string summary_line(const Progress& progress, const std::map<std::string, int64_t>& counters,
                         std::chrono::microseconds time);
std::string summary_table(const Progress& progress);
json::object summary(const Progress& progress, const std::map<std::string, int64_t>& counters,
                     std::chrono::microseconds time);

}  // namespace tapster::host
