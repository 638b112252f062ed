#include "paths.hpp"

namespace paths {

const char* const recorded = RECORDED;

}  // namespace paths
