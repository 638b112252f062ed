// The token endpoint of a server here: OAuth 2 with access tokens that live some seconds or requests, and
// with refresh tokens that rotate.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "http_server.hpp"

namespace tapster::connectors {

// One client's tokens, named access-token-N and refresh-token-N. Not thread-safe: the server's lock protects
// it.
class OAuthTokens {
 public:
  static constexpr const char* first_refresh_token = "refresh-token-0";

  // The credentials and the scope that a request for a token must have.
  struct Client {
    std::string id, secret, scope;
  };
  explicit OAuthTokens(Client client) : client_(std::move(client)) {}

  // How long an access token is accepted: for a time, which is what "expires_in" says, and for a number of
  // requests.
  void set_life(std::chrono::seconds time, int requests = 1'000'000);
  // Ends all access tokens.
  void revoke();

  // The response to a request for an access token. A refresh token gives a new one too; it ends itself when
  // the new one, or its access token, is used.
  Response grant(const Request& request);

  // Whether this header has a token that is valid. Counts as one request of it.
  bool accepts(const std::string& authorization);

  // How many requests were refused because of their token or their refresh token.
  [[nodiscard]] int refused() const { return refused_; }
  void forget_refused() { refused_ = 0; }

 private:
  struct AccessToken {
    std::chrono::steady_clock::time_point end;
    int requests_left;
    std::string refresh_token;  // that came with it
  };
  bool use_refresh_token(const std::string& token);
  bool use_access_token(const std::string& authorization);

  Client client_;
  std::chrono::seconds life_{3'600};
  int requests_ = 1'000'000;
  int granted_ = 0;
  std::map<std::string, AccessToken> access_tokens_;
  std::string used_refresh_token_ = first_refresh_token;  // the one that was used last
  std::string new_refresh_token_;                         // that has replaced it; empty if there is none
  int refused_ = 0;
};

}  // namespace tapster::connectors
