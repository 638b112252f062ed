// Rules that need no network get none: a validation must not reach an API that nobody named.
#pragma once

namespace tapster::host {

// From now on the system refuses every connect() of this process, as if the network were down. False if it
// does not support that.
bool refuse_connections();

}  // namespace tapster::host
