#include "paths.hpp"

namespace tapster::connectors::paths {

const char* const tapster = TAPSTER;
const char* const connectors = CONNECTORS;

}  // namespace tapster::connectors::paths
