#include "cli/log_options.hpp"

namespace tapster::host {

Level LogOptions::least_level() const {
  if (level == "debug") return Level::debug;
  if (level == "warning") return Level::warning;
  if (level == "error") return Level::error;
  return Level::info;
}

CLI::Option* add_log_options(CLI::App& command, LogOptions& options) {
  command.add_option("--log-format", options.format, "Log format on standard error (default text)")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
  return command.add_option("--log-level", options.level, "Minimum log level (default info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->option_text("debug|info|warning|error");
}

}  // namespace tapster::host
