#include "paths.hpp"

namespace tapster::bench::paths {

const char* const tapster = TAPSTER;
const char* const singer_loop = SINGER_LOOP;

}  // namespace tapster::bench::paths
