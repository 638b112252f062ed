#include "paths.hpp"

namespace tapster::host::paths {

const char* const tapster = TAPSTER;
const char* const broken = BROKEN;
const char* const broken_symbols = BROKEN_SYMBOLS;
const char* const readme = README;

}  // namespace tapster::host::paths
