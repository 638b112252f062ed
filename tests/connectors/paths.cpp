#include "paths.hpp"

namespace tapster::connectors::paths {

const char* const tapster = TAPSTER;
const char* const connectors = CONNECTORS;
const char* const old_host = OLD_HOST;

}  // namespace tapster::connectors::paths
