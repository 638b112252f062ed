// What the conformance suite reports.
#pragma once

#include <string>
#include <vector>

namespace tapster::host {

// A place where a connector breaks a rule, or might.
struct Finding {
  bool is_warning = false;  // worth a look; the rule holds
  std::string stream;       // empty if it is not about one
  std::string seen;         // what the connector did
  std::string fix;          // what its author should do
};

// How a rule ended.
enum class Verdict { holds, warns, fails, skipped };

struct RuleResult {
  std::string rule;
  Verdict verdict = Verdict::holds;
  std::string why_skipped;
  std::vector<Finding> findings;
  double seconds = 0;
};

}  // namespace tapster::host
