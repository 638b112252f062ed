#include "old_host_paths.hpp"

namespace tapster::e2e::paths {

const char* const old_host = OLD_HOST;
const char* const postmark = POSTMARK;

}  // namespace tapster::e2e::paths
