// Where the tool, the dumps and the libraries are. Only paths.cpp is compiled with absolute paths.
#pragma once

#include <vector>

namespace paths {

extern const char* const abidiff;
extern const char* const probe;         // the library that is compared with the dumps
extern const char* const probe_1_0;     // the same, built with the header of ABI 1.0
extern const char* const baseline;      // the dump of this version
extern const char* const baseline_1_0;  // the dump of ABI 1.0
std::vector<const char*> plugins();

}  // namespace paths
