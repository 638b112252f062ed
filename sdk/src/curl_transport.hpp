// The production transport: libcurl.
#pragma once

#include <tapster/http.hpp>

#include "pace.hpp"

namespace tapster {

// Returns a function that makes requests with the connection options of `options`. It may be called from any
// thread. Each call uses a connection of its own, and leaves it open for later calls. Errors: config, if
// base_url is invalid; internal, if libcurl cannot be set up.
Result<HttpTransport> curl_transport(Host host, const HttpOptions& options, const SlowAnswers& slow = {});

}  // namespace tapster
