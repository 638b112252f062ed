// Adds the credential of a client to its requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tapster/authenticator.hpp>
#include <tapster/host.hpp>
#include <tapster/http.hpp>
#include <vector>

#include "oauth2.hpp"

namespace tapster {

// Whether the authenticator may add a secret to the query of a request.
bool adds_to_query(const Authenticator& authenticator);

// Checks what the type of an authenticator cannot: the token URL, the place of a key, line breaks. Errors:
// config and internal.
Result<void> check_authenticator(const HttpOptions& options);

// Any thread.
class Authentication {
 public:
  // Announces the secrets of `options.authenticator`. `send` makes token requests.
  Authentication(Host host, const HttpOptions& options, OAuth2Tokens::Send send);

  // Adds the credential to a request. Returns the number of the token that it used, 0 for other credentials.
  // Errors: those of OAuth2Tokens::current and of AuthenticatorFunction.
  Result<uint64_t> add_to(HttpRequest& request);

  // The tokens of OAuth2; null for other authenticators.
  [[nodiscard]] OAuth2Tokens* tokens() { return tokens_ ? &*tokens_ : nullptr; }

  // The text with "***" in place of each credential.
  [[nodiscard]] std::string without_secrets(std::string text) const;

 private:
  Authenticator authenticator_;
  std::vector<std::string> secrets_;
  std::optional<OAuth2Tokens> tokens_;
};

}  // namespace tapster
