#include "authentication.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base64.hpp"
#include "curl_url.hpp"
#include "encode.hpp"

namespace tapster {

namespace {

constexpr std::size_t shortest_secret = 4;  // shorter texts would blot out every message

std::string encoded(std::string_view text) {
  std::string out;
  encode(text, out);
  return out;
}

std::string basic_of(const BasicAuth& basic) {
  return base64(fmt::format("{}:{}", basic.user, basic.password));
}

std::vector<std::string> secrets_of(const Authenticator& authenticator) {
  if (const auto* key = std::get_if<ApiKey>(&authenticator)) return {key->key};
  if (const auto* bearer = std::get_if<BearerToken>(&authenticator)) return {bearer->token};
  if (const auto* basic = std::get_if<BasicAuth>(&authenticator)) return {basic->password, basic_of(*basic)};
  return {};
}

// Sets a parameter of the query of a URL that a response gave, which may have repeated ours.
void set_parameter(std::string& url, const std::string& name, const std::string& value) {
  const auto key = encoded(name) + "=";
  std::string out = url.substr(0, url.find('?'));
  char separator = '?';
  std::string_view rest = std::string_view(url).substr(out.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(part.size());
    if (part.empty() || part.starts_with(key)) continue;
    (out += std::exchange(separator, '&')) += part;
  }
  (out += separator) += key + encoded(value);
  url = std::move(out);
}

void add_key(const ApiKey& key, HttpRequest& request) {
  if (key.to.in == Place::In::header)
    request.headers.push_back(key.to.name + ": " + key.key);
  else if (request.url.empty())
    request.target = request.target.with(key.to.name, key.key);
  else
    set_parameter(request.url, key.to.name, key.key);
}

std::string absolute(const std::string& token_url, const std::string& base_url) {
  return token_url.starts_with('/') ? base_url + token_url : token_url;
}

std::string scheme_of(const std::string& url) {
  const auto origin = origin_of(url);
  return origin.substr(0, origin.find(':'));
}

Result<void> check_key(const ApiKey& key) {
  const bool has_place = key.to.in == Place::In::header || key.to.in == Place::In::query;
  if (!has_place || key.to.name.empty())
    return internal_error("ApiKey: the key goes in a header or the query");
  return {};
}

Result<void> check_token_url(const OAuth2& oauth, const std::string& base_url) {
  const auto url = absolute(oauth.token_url, base_url);
  const auto scheme = scheme_of(url);
  if (scheme.empty() || url.find('@') != std::string::npos)
    return config_error("the token URL is not an absolute URL without a user name");
  if (scheme == scheme_of(base_url)) return {};
  return config_error(
      fmt::format("the token URL begins with {}:// and the base URL with {}://: they must be the same",
                  scheme, scheme_of(base_url)));
}

}  // namespace

bool adds_to_query(const Authenticator& authenticator) {
  const auto* key = std::get_if<ApiKey>(&authenticator);
  return (key != nullptr && key->to.in == Place::In::query) ||
         std::holds_alternative<AuthenticatorFunction>(authenticator);
}

Result<void> check_authenticator(const HttpOptions& options) {
  const auto& authenticator = options.authenticator;
  if (const auto* oauth = std::get_if<OAuth2>(&authenticator))
    return check_token_url(*oauth, options.base_url);
  if (const auto* basic = std::get_if<BasicAuth>(&authenticator);
      basic != nullptr && basic->user.find(':') != std::string::npos)
    return config_error("the user name of a Basic credential contains a colon");
  const auto* key = std::get_if<ApiKey>(&authenticator);
  if (auto checked = key == nullptr ? Result<void>() : check_key(*key); !checked) return checked;
  const auto* bearer = std::get_if<BearerToken>(&authenticator);
  const auto header = bearer != nullptr                                   ? bearer->token
                      : key != nullptr && key->to.in == Place::In::header ? key->key
                                                                          : std::string();
  if (header.find_first_of("\r\n") == std::string::npos) return {};
  return config_error(fmt::format("the value of the header {} contains a line break",
                                  key == nullptr ? "Authorization" : key->to.name));
}

Authentication::Authentication(Host host, const HttpOptions& options, OAuth2Tokens::Send send)
    : authenticator_(options.authenticator), secrets_(secrets_of(authenticator_)) {
  for (const auto& secret : secrets_) host.secret(secret);
  if (const auto* oauth = std::get_if<OAuth2>(&authenticator_)) {
    auto resolved = *oauth;
    resolved.token_url = absolute(oauth->token_url, options.base_url);
    tokens_.emplace(host, std::move(resolved), options.credential, std::move(send));
  }
}

Result<uint64_t> Authentication::add_to(HttpRequest& request) {
  if (tokens_) {
    auto token = tokens_->current();
    if (!token) return Failed(std::move(token).error());
    request.headers.push_back("Authorization: Bearer " + token->text);
    return token->number;
  }
  if (const auto* key = std::get_if<ApiKey>(&authenticator_)) add_key(*key, request);
  if (const auto* bearer = std::get_if<BearerToken>(&authenticator_))
    request.headers.push_back("Authorization: Bearer " + bearer->token);
  if (const auto* basic = std::get_if<BasicAuth>(&authenticator_))
    request.headers.push_back("Authorization: Basic " + basic_of(*basic));
  if (const auto* function = std::get_if<AuthenticatorFunction>(&authenticator_)) {
    auto added = (*function)(request);
    if (!added) return Failed(std::move(added).error());
  }
  return uint64_t{0};
}

std::string Authentication::without_secrets(std::string text) const {
  auto secrets = tokens_ ? tokens_->secrets() : secrets_;
  for (const auto& secret : std::vector(secrets)) secrets.push_back(encoded(secret));
  for (const auto& secret : secrets) {
    if (secret.size() < shortest_secret) continue;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  }
  return text;
}

}  // namespace tapster
