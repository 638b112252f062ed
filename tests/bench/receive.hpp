// Receives pages with the SDK's HTTP client, in this process.
#pragma once

#include <string>
#include <vector>

namespace tapster::bench {

// Requests all targets, one after another, and throws the responses away. Returns the CPU seconds. Throws if
// a request fails.
double receive(const std::string& base_url, const std::vector<std::string>& targets);

}  // namespace tapster::bench
