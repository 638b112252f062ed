// One HTTP request and its response. Plain values.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <tapster/target.hpp>
#include <vector>

namespace tapster {

// POST and PUT are for requests that only read, such as a search: they are retried like GET.
enum class Method { get, post, put };

// "GET". The text lives as long as the process.
std::string_view to_string(Method method);

// Takes the body of a 2xx response in pieces, as they arrive, decompressed. See HttpClient::stream.
struct BodySink {
  std::function<void()> begin = {};  // called before each response; the pieces of the one before are void
  std::function<Result<void>(std::string_view piece)> take = {};  // an error ends the response
};

struct HttpRequest {
  Method method = Method::get;
  Target target;
  // In addition to those of the client, "Name: value"; may contain secrets.
  std::vector<std::string> headers = {};
  std::string body = {};  // not sent with GET
  // If set, the URL to request instead of the target: one that a response gave, absolute or from a slash on.
  // It must have the scheme, host and port of the client's base_url, unless `is_foreign`; otherwise the
  // request is a source error.
  std::string url = {};
  // Whether `url` may be on any host, such as a signed URL. The headers and the credential of the client are
  // then not sent, and a 401 says nothing about the credential.
  bool is_foreign = false;
  // If set, the transport passes a 2xx body to it instead of HttpResponse::body.
  BodySink sink = {};

  // A request with a body of type application/json.
  static HttpRequest json(Method method, Target target, const tapster::json::value& body);
  // A request with a body of type application/x-www-form-urlencoded. Names and values are encoded.
  static HttpRequest form(Method method, Target target, std::initializer_list<Target::Value> fields);
};

// One complete response. The body is already decompressed.
struct HttpResponse {
  int status = 0;
  std::string body = {};
  std::string content_type = {};  // the header as sent, or empty
  int64_t bytes_received = -1;    // over the network; negative for the size of the body
  std::optional<std::chrono::milliseconds> retry_after = {};  // from the Retry-After header, if above zero
  bool is_streamed = false;   // the body went to HttpRequest::sink; it has any size
  std::string redirect = {};  // scheme and host of the redirect target, or empty; redirects are not followed

  struct Header {
    std::string name, value;  // the name in lower case; the value without spaces around it
  };
  std::vector<Header> headers = {};  // in the order in which they were sent

  // The value of the first header of this name, in lower case; null if there is none.
  [[nodiscard]] const std::string* header(std::string_view name) const;
};

}  // namespace tapster
