// The production transport: libcurl.
#pragma once

#include <tapster/http.hpp>

#include "pace.hpp"

namespace tapster {

// Requests with the connection options of `options`. The function may be called from any thread; each call
// has a connection to itself and leaves it open for a later one. A config error where base_url is invalid.
Result<HttpTransport> curl_transport(Host host, const HttpOptions& options, const SlowAnswers& slow = {});

}  // namespace tapster
