// What these tests run. Only paths.cpp is compiled with absolute paths.
#pragma once

namespace tapster::examples::paths {

extern const char* const tapster;
extern const char* const connectors;  // the directory with the connectors
extern const char* const old_host;    // a host of ABI 1.0: see tests/abi/old_host.c

}  // namespace tapster::examples::paths
