// Requests to GraphQL APIs: a query and its variables in the body of a POST. Plain values; any thread.
//
//     DeclaredStream orders{.stream = {…},
//                           .request = graphql("query($after: String) { orders(first: 50, after: $after) "
//                                              "{ nodes { id total } pageInfo { hasNextPage endCursor } }
//                                              }"),
//                           .records = in_connection("/data/orders"),
//                           .paginator = connection_pages("/data/orders", "after")};
//
// The variables `after`, `from`, `to` and those of a parent's record are set by in_variable. Errors in a
// response with the status 200 are declared for the client: see BodyErrors.
#pragma once

#include <string>
#include <tapster/json.hpp>
#include <tapster/paginator.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/request_template.hpp>
#include <utility>

namespace tapster {

// Returns a request of this query with these variables.
inline RequestTemplate graphql(std::string query, std::string path = "/graphql",
                               json::object variables = {}) {
  return {.method = Method::post,
          .path = std::move(path),
          .body = json::object{{"query", std::move(query)}, {"variables", std::move(variables)}}};
}

// A variable of the query.
inline Place in_variable(const std::string& name) {
  return in_body("/variables/" + name);
}

// The records of a connection, {"nodes":[…],"pageInfo":{"hasNextPage":true,"endCursor":"…"}}, at this JSON
// Pointer. If the object around it is null, it no longer exists: the error counts as a 404.
inline RecordSelector in_connection(const std::string& pointer) {
  return {.records = pointer + "/nodes", .null_is_missing = true};
}

// The pages of a connection. The cursor goes into this variable.
inline CursorPages connection_pages(const std::string& pointer, const std::string& variable) {
  return {.from = pointer + "/pageInfo/endCursor",
          .to = in_variable(variable),
          .has_more = pointer + "/pageInfo/hasNextPage"};
}

}  // namespace tapster
