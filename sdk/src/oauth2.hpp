// The access tokens of OAuth 2: when a new one is requested, and by which thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/authenticator.hpp>
#include <tapster/host.hpp>
#include <tapster/http.hpp>
#include <vector>

namespace tapster {

// Any thread.
class OAuth2Tokens {
 public:
  // Makes a token request, whose URL is absolute, with the client's retries and limits. Errors: those of
  // HttpClient::send.
  using Send = std::function<Result<void>(const HttpRequest& request, const HttpClient::Handler& handler)>;

  struct Token {
    std::string text;
    uint64_t number = 0;  // counts the tokens, from 1 on
  };

  // `options.token_url` is absolute. `client_setting` is the setting to check if the client is refused.
  OAuth2Tokens(Host host, OAuth2 options, std::string client_setting, Send send);

  // Returns a token that does not expire soon and was not refused. Requests a new one if there is none, or
  // waits while another thread requests it. Errors: cancelled, and those of the request, also for the threads
  // that waited for it. An error that no other request can change, such as a refused credential or a refresh
  // token that cannot be stored, is the error of every later call.
  Result<Token> current();

  // Call this when the API has refused the token with this number. Returns the number of the newest token.
  uint64_t refuse(uint64_t number);

  // The texts that must not be shown.
  [[nodiscard]] std::vector<std::string> secrets() const;

 private:
  // What the token endpoint grants.
  struct Grant {
    std::string access_token, refresh_token;
    std::optional<std::chrono::microseconds> life;
  };

  // `mutex_` is held.
  [[nodiscard]] bool is_usable() const;
  void remember(const std::string& secret);
  Result<void> wait_for_renewal(std::unique_lock<std::mutex>& lock);

  // By the renewing thread, without `mutex_`.
  Result<void> renew();
  Result<Grant> request_grant();
  Result<void> keep(const std::string& refresh_token);
  [[nodiscard]] HttpRequest token_request() const;
  [[nodiscard]] std::string client_in_basic() const;

  const Host host_;
  const OAuth2 options_;
  const std::string client_setting_;
  const Send send_;
  // Of the renewing thread.
  std::string refresh_token_;
  bool has_stored_ = false;  // the refresh token, before it was used first

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable renewed_;
  bool is_renewing_ = false;
  uint64_t renewals_ = 0;         // that have ended, well or not
  std::optional<Error> failure_;  // of the last renewal
  bool is_final_ = false;         // no later renewal can succeed
  Token token_;
  bool is_refused_ = false;  // the token
  std::optional<std::chrono::microseconds> expiry_;
  std::deque<std::string> recent_;  // tokens
};

// Turns a response of the token endpoint outside 200..299, or one with an error, into an error. An auth error
// says to check the setting of the refresh token, or `client_setting`.
Error token_error(const HttpResponse& response, const OAuth2& options, std::string_view client_setting);

}  // namespace tapster
