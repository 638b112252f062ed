// Errors in responses whose status says success, as GraphQL has them. Plain values; any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <tapster/request.hpp>

namespace tapster {

// Where a response has errors, and what they mean. The defaults are those of GraphQL:
//     {"data":…,"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}
// A response with an error is an error, even if it has data too: part of the data is missing.
struct BodyErrors {
  // A JSON Pointer to the errors: an array, or one of them. Absent, null and empty mean that there is none.
  std::string errors = "/errors";
  // In each error, JSON Pointers to its text, and to its code: a text or a number.
  std::string message = "/message";
  std::string code = "/extensions/code";
  // The HTTP status that a code counts as, such as {"THROTTLED", 429}: with 401 and 403 the credential is
  // refused, with 408, 425, 429 and 5xx the request is made again, with 404 a record no longer exists, and
  // with 410 a cursor has expired. An error with another code ends the slice.
  std::map<std::string, int> statuses = {};
  // Makes the Error of an error instead; nothing for the rules above. Any thread.
  std::function<std::optional<Error>(const json::value& error)> classify = {};
};

// Returns the error that the body of a response has. Of several errors the message has the first, and the
// class is that of the first that refuses the credential, or else of the first that may go away, or else of
// the first whose code is not in `statuses`, or else of the first. A body that is not JSON has none.
std::optional<Error> error_in(const HttpResponse& response, const BodyErrors& where);

}  // namespace tapster
