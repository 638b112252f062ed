#include "paths.hpp"

namespace tapster::host::paths {

const char* const deploy = DEPLOY;
const char* const tapster = TAPSTER;
const char* const plugin = PLUGIN;
const char* const airflow_stub = AIRFLOW_STUB;

}  // namespace tapster::host::paths
