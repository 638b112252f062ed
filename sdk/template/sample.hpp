// The connector, for the tests.
#pragma once

#include <tapster/source.hpp>

const tapster::Connector& connector();
