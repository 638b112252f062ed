// The rules of the conformance suite, in the order in which they are checked.
#pragma once

#include <span>
#include <string_view>

#include "validate/trial.hpp"

namespace tapster::host {

// What a rule needs. Only rules of the last two kinds, and `discovery` if a config was given, make requests;
// for the others the system refuses connections.
enum class Needs {
  file,       // the file
  source,     // a config, which may be made from the spec
  discovery,  // the same
  streams,    // the catalog as well
  config,     // a config that was given, and the catalog
  sample,     // records that were read with it as well
};

struct Rule {
  std::string_view name;
  Needs needs;
  std::string_view promise;  // what a connector promises by keeping it
  void (*check)(Trial& trial);
  bool is_gate = false;  // if it fails, the later rules say nothing, and are skipped
  int attempts = 1;      // if it fails: on a busy machine a time may be long by accident
};

std::span<const Rule> rules();

}  // namespace tapster::host
