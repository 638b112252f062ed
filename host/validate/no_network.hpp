// Rules that need no config run without a network, so that they cannot reach an API by mistake.
#pragma once

namespace tapster::host {

// From now on the system refuses every connect() of this process, as if the network were down. False if it
// does not support that.
bool refuse_connections();

}  // namespace tapster::host
