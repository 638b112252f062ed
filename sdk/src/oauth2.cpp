// The states of the token, under `mutex_`:
//
//   unusable   There is none, it expires soon, or the API has refused it. The first thread that needs it
//              becomes the renewing one: it sets `is_renewing_` and requests a token without the mutex.
//   renewing   Other threads that need a token wait until `renewals_` has changed, or the source is
//              cancelled. They get the renewal's error if it failed.
//   usable     Every thread gets `token_`. `refuse` makes it unusable, unless a newer one has replaced it.
//   final      The last renewal failed and no other could succeed. Every thread gets its error.
//
// Only the renewing thread uses `refresh_token_`. A refresh token that the API has replaced is on disk before
// the access token that came with it is shown to any thread.
#include "oauth2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <tapster/json.hpp>
#include <tapster/secrets.hpp>
#include <utility>

#include "base64.hpp"
#include "encode.hpp"
#include "numbers.hpp"

namespace tapster {

namespace {

using namespace std::chrono_literals;
using Micros = std::chrono::microseconds;

constexpr double longest_life = 365.0 * 86'400;  // seconds; more makes no difference

// "expires_in" in seconds: a number, or a number in text. Nothing if it is absent, or not above zero.
std::optional<Micros> life_of(const json::object& response) {
  const auto* value = response.if_contains("expires_in");
  if (value == nullptr) return std::nullopt;
  double seconds = 0;
  if (value->is_number())
    seconds = value->to_number<double>();
  else if (const auto* text = value->if_string())
    seconds = static_cast<double>(parse_integer(view(*text)).value_or(0));
  if (!(seconds > 0)) return std::nullopt;
  return Micros(static_cast<int64_t>(std::min(seconds, longest_life) * 1e6));
}

// What a server says, as part of one line.
std::string one_line(std::string_view text) {
  constexpr size_t longest = 300;
  auto line = shortened(text, longest);
  for (auto& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return line;
}

Status status_of(int status, std::string_view code) {
  if (status == 429) return Status::rate_limited;
  if (status >= 500 || status == 408 || status == 425 || code == "temporarily_unavailable")
    return Status::transient;
  if (status == 400 || status == 401 || status == 403 || !code.empty()) return Status::auth;
  return Status::source;
}

}  // namespace

Error token_error(const HttpResponse& response, const OAuth2& options, std::string_view client_setting) {
  const auto body = parse_json_object(response.body, "the response");
  const auto code = body ? text_of(*body, "error") : std::string();
  const auto description = body ? text_of(*body, "error_description") : std::string();
  Error error{status_of(response.status, code), fmt::format("HTTP {}", response.status), response.status,
              std::nullopt};
  if (!code.empty()) error.message += ", " + one_line(code);
  if (!description.empty()) error.message += ": " + one_line(description);
  if (!response.redirect.empty())
    error.message += fmt::format(", a redirect to {}, which is not followed", response.redirect);
  const bool is_of_client =
      options.grant == OAuth2::Grant::client_credentials || options.store.empty() || code == "invalid_client";
  const auto setting = is_of_client ? client_setting : std::string_view(options.store);
  if (error.status == Status::auth && !setting.empty()) error.message += fmt::format(" (check {})", setting);
  return error;
}

OAuth2Tokens::OAuth2Tokens(Host host, OAuth2 options, std::string client_setting, Send send)
    : host_(host),
      options_(std::move(options)),
      client_setting_(std::move(client_setting)),
      send_(std::move(send)),
      refresh_token_(options_.refresh_token) {
  for (const auto& secret : secrets()) {
    if (!secret.empty()) host_.secret(secret);
  }
}

Result<OAuth2Tokens::Token> OAuth2Tokens::current() {
  std::unique_lock lock(mutex_);
  while (!is_usable()) {
    if (is_final_) return Failed(*failure_);
    if (is_renewing_) {
      auto waited = wait_for_renewal(lock);
      if (!waited) return Failed(std::move(waited).error());
      continue;
    }
    is_renewing_ = true;
    lock.unlock();
    Result<void> renewed;
    try {
      renewed = renew();
    } catch (const std::exception& e) {
      renewed = internal_error(e.what());
    } catch (...) {
      renewed = internal_error("an exception of an unknown type");
    }
    lock.lock();
    is_renewing_ = false;
    ++renewals_;
    failure_ = renewed ? std::nullopt : std::optional(renewed.error());
    is_final_ = failure_ && !failure_->is_transient() && failure_->status != Status::cancelled;
    renewed_.notify_all();
    if (!renewed) return Failed(*failure_);
  }
  return token_;
}

bool OAuth2Tokens::is_usable() const {
  return token_.number > 0 && !is_refused_ && (!expiry_ || host_.monotonic() < *expiry_);
}

Result<void> OAuth2Tokens::wait_for_renewal(std::unique_lock<std::mutex>& lock) {
  const auto before = renewals_;
  while (renewals_ == before) {
    if (host_.is_cancelled()) return cancelled();
    renewed_.wait_for(lock, 50ms);
  }
  if (failure_) return Failed(*failure_);
  return {};
}

uint64_t OAuth2Tokens::refuse(uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (number == token_.number) is_refused_ = true;
  return token_.number;
}

std::vector<std::string> OAuth2Tokens::secrets() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> secrets{options_.client_secret, client_in_basic(), options_.refresh_token};
  secrets.insert(secrets.end(), recent_.begin(), recent_.end());
  return secrets;
}

// Tokens before the last few are no longer sent.
void OAuth2Tokens::remember(const std::string& secret) {
  constexpr size_t most = 8;
  if (recent_.size() == most) recent_.pop_front();
  recent_.push_back(secret);
}

Result<void> OAuth2Tokens::renew() {
  const bool refreshes = options_.grant == OAuth2::Grant::refresh_token;
  if (refreshes && !options_.store.empty() && !has_stored_) {
    auto stored = host_.store(options_.store, refresh_token_);
    if (!stored) return stored;
    has_stored_ = true;
  }
  const auto began = host_.monotonic();
  auto granted = request_grant();
  if (!granted) return Failed(std::move(granted).error());
  host_.secret(granted->access_token);
  if (refreshes && !granted->refresh_token.empty() && granted->refresh_token != refresh_token_) {
    auto kept = keep(granted->refresh_token);
    if (!kept) return kept;
  }
  const std::lock_guard lock(mutex_);
  token_ = {granted->access_token, token_.number + 1};
  is_refused_ = false;
  expiry_.reset();
  if (granted->life) expiry_ = began + *granted->life - std::min<Micros>(options_.margin, *granted->life / 2);
  remember(granted->access_token);
  return {};
}

Result<OAuth2Tokens::Grant> OAuth2Tokens::request_grant() {
  Grant granted;
  auto sent = send_(token_request(), [&](HttpResponse& response) -> Result<void> {
    const auto body = parse_json_object(response.body, "the response");
    if (!body) return transient_error(body.error().message);
    granted = {text_of(*body, "access_token"), text_of(*body, "refresh_token"), life_of(*body)};
    if (!granted.access_token.empty()) return {};
    if (body->contains("error")) return Failed(token_error(response, options_, client_setting_));
    return source_error("the response has no access_token");
  });
  if (!sent) return Failed(std::move(sent).error());
  return granted;
}

// Called with a refresh token that replaces the one that was sent.
Result<void> OAuth2Tokens::keep(const std::string& refresh_token) {
  host_.secret(refresh_token);
  if (options_.store.empty()) {
    if (refresh_token_ == options_.refresh_token)
      host_.warning(
          "the API has replaced the refresh token, and this connector does not keep the new one: the next "
          "run "
          "may be refused");
  } else {
    auto stored = host_.store(options_.store, refresh_token);
    if (!stored) return stored;
  }
  refresh_token_ = refresh_token;
  const std::lock_guard lock(mutex_);
  remember(refresh_token);
  return {};
}

HttpRequest OAuth2Tokens::token_request() const {
  std::vector<RequestTemplate::Parameter> fields;
  if (options_.grant == OAuth2::Grant::refresh_token) {
    fields = {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token_}};
  } else {
    fields = {{"grant_type", "client_credentials"}};
  }
  HttpRequest request{
      .method = Method::post,
      .target = Target("/"),
      .headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"},
      .url = options_.token_url,
      .is_foreign = true};
  if (options_.client == OAuth2::Client::basic) {
    request.headers.push_back("Authorization: Basic " + client_in_basic());
  } else {
    if (!options_.client_id.empty()) fields.push_back({"client_id", options_.client_id});
    if (!options_.client_secret.empty()) fields.push_back({"client_secret", options_.client_secret});
  }
  if (!options_.scope.empty()) fields.push_back({"scope", options_.scope});
  fields.insert(fields.end(), options_.fields.begin(), options_.fields.end());
  request.body = encode_form(fields);
  return request;
}

// Both are encoded first: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
std::string OAuth2Tokens::client_in_basic() const {
  std::string text;
  encode(options_.client_id, text);
  text += ':';
  encode(options_.client_secret, text);
  return base64(text);
}

}  // namespace tapster
