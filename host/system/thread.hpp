// Starting threads, whose number a container or a user may have a limit on.
#pragma once

#include <functional>
#include <thread>

#include "system/exit_code.hpp"

namespace tapster::host {

// Starts a thread. The failure says that the system refused, and which limit to look at.
Outcome<std::thread> start_thread(std::function<void()> work);

}  // namespace tapster::host
