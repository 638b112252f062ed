// Where the build put what these tests run. Only paths.cpp is compiled with absolute paths.
#pragma once

namespace tapster::host::paths {

extern const char* const tapster;
extern const char* const plugins;            // of tests/abi: the directory of the counter
extern const char* const plugins_1_0;        // the same connector, built for ABI 1.0
extern const char* const broken_plugins;     // one plugin for each way to break the contract
extern const char* const installed_plugins;  // below the installation's prefix
extern const char* const limits;             // the library that lets calls fail
extern const char* const durability;         // the library that notes the order of writes
extern const char* const json_schema_tests;  // the official tests

}  // namespace tapster::host::paths
