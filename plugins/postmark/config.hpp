// The connector's settings, and what they say of the reading. Those of tokens and servers are read by
// Servers.
#pragma once

#include <chrono>
#include <string>
#include <tapster/source.hpp>
#include <vector>

namespace postmark {

// What the settings stats_by and stats_tags ask for.
struct StatsBy {
  bool message_stream = false;
  std::vector<std::string> tags;  // none: not by tag
};

struct Config {
  tapster::Day start;
  // How long before the bookmark is read again.
  std::chrono::days lookback, stats_lookback, events_lookback;
  StatsBy stats_by;
};

// The settings as the connector declares them.
std::vector<tapster::Setting> settings();

// Reads a config that the settings' schema holds for. Config errors name the setting.
tapster::Result<Config> read_config(const tapster::json::object& config, tapster::Time now);

}  // namespace postmark
