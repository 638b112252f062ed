// What these tests run. Only paths.cpp is compiled with absolute paths.
#pragma once

namespace tapster::connectors::paths {

extern const char* const tapster;
extern const char* const connectors;  // the directory with a directory for each connector

}  // namespace tapster::connectors::paths
