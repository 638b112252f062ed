// Where the build put the program. Only paths.cpp is compiled with absolute paths.
#pragma once

namespace tapster::bench::paths {

extern const char* const tapster;

}  // namespace tapster::bench::paths
