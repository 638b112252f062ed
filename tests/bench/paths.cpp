#include "paths.hpp"

namespace tapster::bench::paths {

const char* const tapster = TAPSTER;

}  // namespace tapster::bench::paths
