#include "oauth_tokens.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tapster::connectors {

namespace {

Response oauth_error(int status, std::string_view code) {
  return {status, fmt::format(R"({{"error":"{}","error_description":"The request is refused."}})", code)};
}

}  // namespace

void OAuthTokens::set_life(std::chrono::seconds time, int requests) {
  life_ = time;
  requests_ = requests;
}

void OAuthTokens::revoke() {
  access_tokens_.clear();
}

Response OAuthTokens::grant(const Request& request) {
  const auto field = [&](const std::string& name) {
    const auto found = request.form.find(name);
    return found == request.form.end() ? std::string() : found->second;
  };
  if (field("client_id") != client_.id || field("client_secret") != client_.secret ||
      field("scope") != client_.scope) {
    ++refused_;
    return oauth_error(401, "invalid_client");
  }
  std::string refresh_token;
  if (field("grant_type") == "refresh_token") {
    if (!use_refresh_token(field("refresh_token"))) {
      ++refused_;
      return oauth_error(400, "invalid_grant");
    }
    refresh_token = new_refresh_token_ = fmt::format("refresh-token-{}", granted_ + 1);
  } else if (field("grant_type") != "client_credentials") {
    return oauth_error(400, "unsupported_grant_type");
  }
  const auto token = fmt::format("access-token-{}", ++granted_);
  access_tokens_[token] = {std::chrono::steady_clock::now() + life_, requests_, refresh_token};
  return {200, fmt::format(
                   R"({{"access_token":"{}","token_type":"bearer","expires_in":{}{}}})", token, life_.count(),
                   refresh_token.empty() ? "" : fmt::format(R"(,"refresh_token":"{}")", refresh_token))};
}

bool OAuthTokens::accepts(const std::string& authorization) {
  const bool is_valid = use_access_token(authorization);
  if (!is_valid) ++refused_;
  return is_valid;
}

bool OAuthTokens::use_refresh_token(const std::string& token) {
  if (!new_refresh_token_.empty() && token == new_refresh_token_)
    used_refresh_token_ = std::exchange(new_refresh_token_, "");
  return token == used_refresh_token_;
}

bool OAuthTokens::use_access_token(const std::string& authorization) {
  const std::string bearer = "Bearer ";
  const auto found = authorization.starts_with(bearer)
                         ? access_tokens_.find(authorization.substr(bearer.size()))
                         : access_tokens_.end();
  if (found == access_tokens_.end()) return false;
  auto& token = found->second;
  if (token.requests_left-- <= 0 || std::chrono::steady_clock::now() > token.end) return false;
  if (!token.refresh_token.empty() && token.refresh_token == new_refresh_token_)
    (void)use_refresh_token(token.refresh_token);
  return true;
}

}  // namespace tapster::connectors
