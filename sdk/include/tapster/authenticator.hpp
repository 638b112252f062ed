// How the requests of a client authenticate. Plain values.
//
//     HttpOptions{.base_url = "https://api.example.com",
//                 .authenticator = OAuth2{.token_url = "/oauth/token",
//                                         .grant = OAuth2::Grant::refresh_token,
//                                         .client_id = id, .client_secret = secret,
//                                         .refresh_token = token, .store = "refresh_token"}}
//
// Keys, passwords and tokens are announced with Host::secret before they are used, and HttpClient removes
// them from its errors. They are sent to base_url only, or to the token URL.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <tapster/error.hpp>
#include <tapster/request.hpp>
#include <tapster/request_template.hpp>
#include <variant>
#include <vector>

namespace tapster {

// A key in a header or in the query. One in the query is not in log lines and errors.
struct ApiKey {
  Place to = in_header("X-Api-Key");  // in_header or in_query
  std::string key = {};
};

// The header "Authorization: Bearer TOKEN".
struct BearerToken {
  std::string token = {};
};

// The header "Authorization: Basic …": https://www.rfc-editor.org/rfc/rfc7617
struct BasicAuth {
  std::string user = {}, password = {};
};

// Bearer tokens that are requested when the first request is made, and again before they expire:
// https://www.rfc-editor.org/rfc/rfc6749
//
// One thread at a time requests a token; the others wait for it. A token request counts as a request, obeys
// the rate limit and is retried like any other. It has no HttpOptions::headers. Its 400 or 401 is an auth
// error, which names the setting and quotes the API's `error` and `error_description`; the client then makes
// no further request.
//
// If the API refuses a token with a 401, the request is made once more with a new token. A 401 to a token
// that was obtained after the first 401 is the auth error of HttpClient::send.
struct OAuth2 {
  // Where tokens are requested with POST: an absolute URL with the scheme of base_url, or a path below
  // base_url, such as "/oauth/token".
  std::string token_url = {};
  enum class Grant { client_credentials, refresh_token };
  Grant grant = Grant::client_credentials;
  std::string client_id = {}, client_secret = {};
  std::string refresh_token = {};  // for Grant::refresh_token
  std::string scope = {};          // not sent if it is empty
  // Further fields of the form, such as an audience.
  std::vector<RequestTemplate::Parameter> fields = {};
  // How the client authenticates: in the form, or in the header "Authorization: Basic …".
  enum class Client { form, basic };
  Client client = Client::form;
  // A new token is requested this long before the old one expires, but not before half of its life. A token
  // without `expires_in` is used until the API refuses it.
  std::chrono::seconds margin{60};
  // The setting that has the refresh token, if the API replaces refresh tokens. A new one is kept for the
  // next run with Host::store before the new access token is used. So that no token is lost, the old one is
  // stored once before it is used first: a run without a place for it fails then, before a token is
  // requested.
  //
  // An API that keeps the old refresh token valid until the new one or its access token is used never locks
  // the user out, whenever the run is killed. One that ends the old token at once does, if the run is killed
  // after the API has made the new token and before it is on disk.
  std::string store = {};
};

// Adds credentials by hand: gets a copy of each request just before it is sent, and may change its headers,
// target, url and body. What it adds to the target is not in log lines and errors. Any thread. It must not
// make requests with the same client. Errors: any; they are not retried.
using AuthenticatorFunction = std::function<Result<void>(HttpRequest& request)>;

using Authenticator =
    std::variant<std::monostate, ApiKey, BearerToken, BasicAuth, OAuth2, AuthenticatorFunction>;

}  // namespace tapster
