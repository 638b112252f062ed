#include "paths.hpp"

namespace tapster::examples::paths {

const char* const tapster = TAPSTER;
const char* const connectors = CONNECTORS;
const char* const old_host = OLD_HOST;

}  // namespace tapster::examples::paths
