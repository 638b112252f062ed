// The files to check, and where the build put the program and the connector. Only paths.cpp is compiled with
// absolute paths.
#pragma once

namespace tapster::host::paths {

extern const char* const deploy;
extern const char* const tapster;
extern const char* const plugin;
extern const char* const airflow_stub;

}  // namespace tapster::host::paths
