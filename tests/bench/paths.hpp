// Where the build put the program, and where the sources are. Only paths.cpp is compiled with absolute paths.
#pragma once

namespace tapster::bench::paths {

extern const char* const tapster;
extern const char* const singer_loop;

}  // namespace tapster::bench::paths
