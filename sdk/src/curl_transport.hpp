// The transport of life: libcurl.
#pragma once

#include <tapster/http.hpp>

namespace tapster {

// Requests with the connection options of `options`. The function may be called from any thread; each thread
// that asks has a connection of its own, kept open for the next who asks. A config error where base_url
// cannot be asked.
Result<HttpTransport> curl_transport(Host host, const HttpOptions& options);

}  // namespace tapster
