// The connector's settings, and their values. The settings of tokens and servers are read by Servers.
#pragma once

#include <chrono>
#include <string>
#include <tapster/source.hpp>
#include <vector>

namespace postmark {

// The settings of a config.
struct Config {
  tapster::Day start{};
  // How far before the bookmark each sync starts.
  std::chrono::days lookback{}, stats_lookback{}, events_lookback{};
  bool by_message_stream = false;      // daily statistics also by message stream
  std::vector<std::string> tags = {};  // and by these tags
};

// The declarations of all settings.
std::vector<tapster::Setting> settings();

// Reads a config that is valid by the settings' schema. `now` is the current time. Errors: config, naming the
// setting.
tapster::Result<Config> read_config(const tapster::json::object& config, tapster::Time now);

}  // namespace postmark
