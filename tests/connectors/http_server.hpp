// The HTTP server of tapster::testing, for the APIs that the connectors here read.
#pragma once

#include <tapster/testing/http_server.hpp>

namespace tapster::connectors {

using Request = HttpServer::Request;
using Response = HttpServer::Response;

}  // namespace tapster::connectors
