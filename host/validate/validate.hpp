// The conformance suite: checks a connector against the rules of the contract, each in a process of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "report/log.hpp"
#include "system/clock.hpp"
#include "system/exit_code.hpp"
#include "validate/finding.hpp"

namespace tapster::host {

struct Validation {
  std::filesystem::path file;
  std::string name;
  // Reads the given config and checks it against the spec. Empty if no config was given.
  std::function<Outcome<json::object>(const json::object& spec)> read_config;
  std::vector<std::string> streams;  // patterns; empty for the streams that are selected by default
  const Clock& clock;
  bool is_time_set;  // whether the clock stands still, and waits take no time
  Log& log;          // gets a line for each rule at the level debug, and hides secrets in the findings
};

// The results of all rules, in their order. The failure is that of the config, or that of a pattern that
// matches no stream. It starts processes: no other thread may run.
Outcome<std::vector<RuleResult>> validate(const Validation& validation);

}  // namespace tapster::host
