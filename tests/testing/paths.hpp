// The files that these tests read. Only paths.cpp is compiled with absolute paths.
#pragma once

namespace paths {

extern const char* const recorded;  // a directory with a recording of forge

}  // namespace paths
