// What these tests run. Only paths.cpp is compiled with absolute paths.
#pragma once

namespace tapster::host::paths {

extern const char* const tapster;
extern const char* const broken;          // broken.c
extern const char* const broken_symbols;  // the same, with one more exported symbol
extern const char* const readme;          // host/validate/README.md

}  // namespace tapster::host::paths
