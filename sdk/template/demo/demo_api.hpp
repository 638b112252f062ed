// A small API with made-up data: what sample reads until it reads yours.
#pragma once

#include <tapster/testing/http_server.hpp>

namespace demo {

inline constexpr const char* token = "demo-token";
inline constexpr int customer_count = 120;
// Order 1 was last changed at 2025-01-01T03:00:00Z, and each of the others three hours after the one before.
inline constexpr int order_count = 230;

// Responds to a request. Any thread.
//   GET /me                                    who the token belongs to
//   GET /customers?page=…&per_page=…           all customers
//   GET /orders?updated_since=…&page=…&per_page=…
//       the orders that have changed at that time or later, in the order of their changes
tapster::HttpServer::Response respond(const tapster::HttpServer::Request& request);

}  // namespace demo
