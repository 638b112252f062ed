#include "paths.hpp"

namespace tapster::e2e::paths {

const char* const source = SOURCE;
const char* const build = BUILD;
const char* const tapster = TAPSTER;
const char* const tap = TAP;
const char* const loader = LOADER;
const char* const target = TARGET;
const char* const postgresql = POSTGRESQL;
const char* const setpriv = SETPRIV;

}  // namespace tapster::e2e::paths
