#include "paths.hpp"

namespace paths {

const char* const abidiff = ABIDIFF;
const char* const probe = PROBE;
const char* const probe_1_0 = PROBE_1_0;
const char* const baseline = BASELINE;
const char* const baseline_1_0 = BASELINE_1_0;

std::vector<const char*> plugins() {
  return {PLUGINS};
}

}  // namespace paths
