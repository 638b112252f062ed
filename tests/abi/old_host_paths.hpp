// Where the host of ABI 1.0 and a plugin of today are. Only the source is compiled with absolute paths.
#pragma once

namespace tapster::e2e::paths {

extern const char* const old_host;
extern const char* const postmark;

}  // namespace tapster::e2e::paths
