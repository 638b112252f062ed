// The faults of a response that is complete.
#pragma once

#include <tapster/testing/http_server.hpp>

namespace tapster {

// What is sent in place of the response: for the faults that a server can have without breaking HTTP.
HttpServer::Response with_fault(HttpServer::Response response);

}  // namespace tapster
