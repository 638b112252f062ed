// What a run did, when it has ended: for the log, and for machines.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <tapster/json.hpp>

#include "report/progress.hpp"

namespace tapster::host {

// What a run did: a line for the log, a table of the streams to go with it, and a document for machines.
std::string summary_line(const Progress& progress, const std::map<std::string, int64_t>& counters,
                         std::chrono::microseconds time);
std::string summary_table(const Progress& progress);
json::object summary(const Progress& progress, const std::map<std::string, int64_t>& counters,
                     std::chrono::microseconds time);

}  // namespace tapster::host
