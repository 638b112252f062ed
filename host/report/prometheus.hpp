// What a run did, as a metrics file for Prometheus.
#pragma once

#include <string>
#include <string_view>

#include "report/summary.hpp"

namespace tapster::host {

// The content of --metrics, in the text format of Prometheus. `before` is the file's content so far, or
// empty: the time of the last success is taken from it if this run failed.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
std::string prometheus_metrics(const RunReport& run, const Progress& progress, std::string_view before);

}  // namespace tapster::host
