// The logging options, which every command line has.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "report/log.hpp"

namespace tapster::host {

struct LogOptions {
  std::string format;  // "text", "json", or empty if not given
  std::string level = "info";

  [[nodiscard]] Level least_level() const;
};

// Adds --log-format and --log-level; returns the latter.
CLI::Option* add_log_options(CLI::App& command, LogOptions& options);

}  // namespace tapster::host
