#include "paths.hpp"

namespace tapster::host::paths {

const char* const tapster = TAPSTER;
const char* const plugins = PLUGINS;
const char* const plugins_1_0 = PLUGINS_1_0;
const char* const broken_plugins = BROKEN_PLUGINS;
const char* const installed_plugins = INSTALLED_PLUGINS;
const char* const limits = LIMITS;
const char* const durability = DURABILITY;
const char* const json_schema_tests = JSON_SCHEMA_TESTS;

}  // namespace tapster::host::paths
