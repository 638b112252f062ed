// A port for a server of a test.
#pragma once

#include <cstdint>

namespace tapster {

// A port of 127.0.0.1 that is free now. Another program may take it before the server does. Throws
// std::runtime_error if there is none.
uint16_t free_port();

}  // namespace tapster
