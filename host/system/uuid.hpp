// Random identifiers: https://www.rfc-editor.org/rfc/rfc9562
#pragma once

#include <string>

namespace tapster::host {

// A random UUID of version 4. Any thread.
std::string random_uuid();

}  // namespace tapster::host
