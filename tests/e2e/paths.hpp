// Where the sources are, and where the build put what these tests run. Only paths.cpp is compiled with
// absolute paths.
#pragma once

namespace tapster::e2e::paths {

extern const char* const source;
extern const char* const build;
extern const char* const tapster;
extern const char* const tap;         // a name for tapster that makes it a tap
extern const char* const loader;      // of tests/loader
extern const char* const target;      // of tests/target
extern const char* const postgresql;  // the directory of the server's programs
extern const char* const setpriv;

}  // namespace tapster::e2e::paths
