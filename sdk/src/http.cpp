#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <tapster/http.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <utility>
#include <variant>

#include "authentication.hpp"
#include "curl_transport.hpp"
#include "curl_url.hpp"
#include "http_status.hpp"
#include "numbers.hpp"
#include "recorder.hpp"

namespace tapster {

namespace {

using namespace std::chrono_literals;

// The longest Retry-After that is obeyed: a pause of an hour would look like a sync that hangs.
constexpr std::chrono::milliseconds longest_retry_after = 10min;

// Whether this thread is inside a handler.
thread_local bool is_handling = false;

struct Handling {
  Handling() { is_handling = true; }
  ~Handling() { is_handling = false; }
  Handling(const Handling&) = delete;
  Handling& operator=(const Handling&) = delete;
};

Result<void> handle(const HttpClient::Handler& handler, HttpResponse& response) {
  const Handling handling;
  return handler(response);
}

// The query of a URL that a response gave may have a secret.
std::string without_query(const std::string& url) {
  return url.substr(0, url.find('?'));
}

// The request in log lines, without the base URL.
std::string shown_of(const HttpRequest& request) {
  return request.url.empty() ? request.target.text() : without_query(request.url);
}

// What the API says about an error: its own number and text. A proxy may respond with something else.
struct ApiError {
  int code = 0;
  std::string text;
};

ApiError api_error(const HttpResponse& response, const HttpOptions& options) {
  ApiError found;
  const auto body = parse_json(response.body, "the response");
  const auto at = [&](const std::string& pointer) -> const json::value* {
    json::error_code error;
    return body && !pointer.empty() ? body->find_pointer(pointer, error) : nullptr;
  };
  if (const auto* code = at(options.error_code)) {
    const auto number = integer_of(*code);
    if (number && *number >= std::numeric_limits<int>::min() && *number <= std::numeric_limits<int>::max())
      found.code = static_cast<int>(*number);
  }
  if (const auto* text = at(options.error_message); text != nullptr && text->is_string())
    found.text = view(text->get_string());
  else if (!body && !options.error_message.empty())
    found.text = fmt::format("a response of type {}", response.content_type);
  return found;
}

Error classify_status(const HttpResponse& response, const HttpOptions& options) {
  const auto [code, text] = api_error(response, options);
  auto message = fmt::format("HTTP {}", response.status);
  if (code != 0)
    message += fmt::format(", {} {}", options.error_code.substr(options.error_code.rfind('/') + 1), code);
  if (!text.empty()) message += ": " + text;
  if (!response.redirect.empty())
    message += fmt::format(", a redirect to {}, which is not followed", response.redirect);
  const int source_code = options.error_code.empty() ? response.status : code;
  const auto status = status_of_http(response.status);
  if (status == Status::auth && !options.credential.empty())
    message += fmt::format(" (check {})", options.credential);
  auto error = source_error(std::move(message), source_code).value();
  error.status = status;
  return error;
}

bool is_unauthorized(const Error& error) {
  return error.status == Status::auth && error.http_status == 401;
}

}  // namespace

// A request as it is sent, and its URL as it is shown, which may have no query.
struct HttpClient::Outgoing {
  HttpRequest request;
  std::string url;
  std::string shown_url;
  uint64_t token = 0;  // the number of the access token
};

Result<std::unique_ptr<HttpClient>> HttpClient::create(Host host, HttpOptions options) {
  for (const auto& header : options.headers) {
    if (header.find_first_of("\r\n") != std::string::npos) {
      const auto name = std::string_view(header).substr(0, header.find_first_of(":\r\n"));
      return config_error(fmt::format("the value of the header {} contains a line break", name));
    }
  }
  while (options.base_url.ends_with('/')) options.base_url.pop_back();
  auto transport = curl_transport(host, options);
  if (!transport) return Failed(std::move(transport).error());
  const auto checked = check_authenticator(options);
  if (!checked) return Failed(checked.error());
  return std::make_unique<HttpClient>(host, std::move(options), recorded(host, *std::move(transport)));
}

HttpClient::HttpClient(Host host, HttpOptions options, HttpTransport transport)
    : host_(host),
      options_(std::move(options)),
      transport_(std::move(transport)),
      limiter_(host),
      random_(std::random_device()()) {
  if (std::holds_alternative<std::monostate>(options_.authenticator)) return;
  authentication_ = std::make_unique<Authentication>(
      host_, options_, [this](const HttpRequest& request, const Handler& handler) {
        return transmit(request, request.url, handler, Purpose::token);
      });
}

HttpClient::~HttpClient() = default;

Result<void> HttpClient::send(const HttpRequest& request, const Handler& handler) {
  const auto found = url_of(request);
  if (!found) return Failed(found.error());
  if (is_handling)
    return internal_error(
        fmt::format("{}: requested inside the handler of another response: return from the handler first, "
                    "because retries would multiply",
                    *found));
  return transmit(request, *found, handler, Purpose::source);
}

Result<void> HttpClient::transmit(const HttpRequest& request, const std::string& url, const Handler& handler,
                                  Purpose purpose) {
  int failed = 0;                        // attempts that failed in any other way
  int refused = 0;                       // attempts that were rejected as one too many
  std::optional<uint64_t> newest_token;  // at the first 401
  while (true) {
    auto moment = limiter_.acquire();
    if (!moment) return moment;
    if (auto known = refusal()) return Failed(*std::move(known));
    const auto tokens = token_requests_.load();
    const auto outgoing = with_credential(request, url, purpose);
    if (!outgoing) return Failed(outgoing.error());
    if (token_requests_ != tokens) {
      // The request starts after one for a token, perhaps together with all that waited for it.
      moment = limiter_.acquire();
      if (!moment) return moment;
    }
    host_.count("requests");
    auto [answered, has_reset] = attempt(*outgoing, handler, purpose);
    if (purpose == Purpose::token) ++token_requests_;
    if (answered) {
      limiter_.succeeded();
      return answered;
    }
    auto error = std::move(answered).error();
    if (authentication_) error.message = authentication_->without_secrets(std::move(error.message));
    if (renews_token(*outgoing, error, newest_token)) {
      host_.debug(
          fmt::format("{}: {}; the next attempt has a new access token", shown_of(request), error.message));
      host_.count("retries");
      continue;
    }
    const int attempts = error.status == Status::rate_limited ? ++refused : ++failed;
    if (!error.is_transient() || attempts >= allowed_attempts(error)) return give_up(*outgoing, error);
    auto waited = wait_to_retry(shown_of(request), error, attempts, has_reset);
    if (!waited) return waited;
  }
}

// Whether the next attempt has a new access token, because the source refused that of this one. `newest` is
// the newest token at the first refusal: if a later one is refused too, no other will help.
bool HttpClient::renews_token(const Outgoing& outgoing, const Error& error, std::optional<uint64_t>& newest) {
  if (!is_unauthorized(error) || outgoing.token == 0 || outgoing.token > newest.value_or(outgoing.token))
    return false;
  const auto number = authentication_->tokens()->refuse(outgoing.token);
  newest = newest.value_or(number);
  return true;
}

// The last error of a request. That of a refused credential is kept for all later requests.
Failed HttpClient::give_up(const Outgoing& outgoing, const Error& error) {
  if (!has_answered_) has_given_up_ = true;
  auto last = with_context(outgoing.shown_url, error);
  if (!is_unauthorized(error) || outgoing.request.is_foreign) return last;
  // Requests that were in progress together have one cause.
  const std::lock_guard lock(refusal_mutex_);
  if (!refusal_) refusal_ = std::move(last).value();
  return Failed(*refusal_);
}

// Waits after a transient error. `attempts` have failed in the same way. The only error is cancelled.
Result<void> HttpClient::wait_to_retry(std::string_view shown, const Error& error, int attempts,
                                       bool has_reset) {
  const auto wait = error.retry_after ? std::min(*error.retry_after, longest_retry_after) : backoff(attempts);
  host_.warning(fmt::format("{}: {}; attempt {} of {}, the next in {:.1f} s", shown, error.message, attempts,
                            allowed_attempts(error), std::chrono::duration<double>(wait).count()));
  host_.count("retries");
  if (error.status != Status::rate_limited) return host_.sleep(wait);
  if (has_reset) {
    limiter_.pause(wait);
    return {};
  }
  limiter_.limited(wait);
  const auto interval = std::chrono::duration<double>(limiter_.interval()).count();
  host_.debug(
      fmt::format("at most {:.1f} requests a second now; the rate rises as they succeed", 1 / interval));
  return {};
}

Result<json::object> HttpClient::get_object(const Target& target,
                                            const std::function<Result<void>(const json::object&)>& check) {
  json::object object;
  auto got = get(target, [&](HttpResponse& response) -> Result<void> {
    auto parsed = parse_json_object(response.body, "the response");
    // The body may be truncated, and complete the next time.
    if (!parsed) return transient_error(parsed.error().message);
    object = *std::move(parsed);
    return check ? check(object) : Result<void>();
  });
  if (!got) return Failed(std::move(got).error());
  return object;
}

Result<void> HttpClient::stream(const HttpRequest& request, const BodyReader& reader) {
  auto streamed = request;
  streamed.sink.begin = reader.begin;
  streamed.sink.take = [&](std::string_view piece) {
    has_answered_ = true;
    const Handling handling;
    return reader.take(piece);
  };
  return send(streamed, [&](HttpResponse& response) -> Result<void> {
    if (response.is_streamed) return reader.end(response);
    // A transport of a test.
    reader.begin();
    auto taken = reader.take(std::exchange(response.body, {}));
    return taken ? reader.end(response) : taken;
  });
}

// The URL without the credential is shown.
Result<HttpClient::Outgoing> HttpClient::with_credential(const HttpRequest& request, const std::string& url,
                                                         Purpose purpose) {
  Outgoing outgoing{request, url, request.url.empty() ? url : without_query(url)};
  if (!authentication_ || purpose == Purpose::token || request.is_foreign) return outgoing;
  const auto token = authentication_->add_to(outgoing.request);
  if (!token) return Failed(token.error());
  auto found = url_of(outgoing.request);
  if (!found) return Failed(std::move(found).error());
  outgoing.url = *std::move(found);
  outgoing.token = *token;
  return outgoing;
}

// A URL that a response gave must not lead the credential to another host.
Result<std::string> HttpClient::url_of(const HttpRequest& request) const {
  if (request.target.error()) return Failed(*request.target.error());
  if (request.url.empty()) return options_.base_url + request.target.text();
  const auto base = origin_of(options_.base_url);
  if (request.url.starts_with('/') && !request.url.starts_with("//")) return base + request.url;
  const auto origin = origin_of(request.url);
  if (request.is_foreign && has_scheme(origin)) return request.url;
  if (origin == base && !origin.empty()) return request.url;
  return source_error(
      fmt::format("a response leads to {}, which is not requested: the credential is for {} only",
                  origin.empty() ? "something that is not a URL" : origin, base));
}

// Whether a URL on another host has one of the allowed schemes.
bool HttpClient::has_scheme(std::string_view origin) const {
  return std::any_of(options_.schemes.begin(), options_.schemes.end(),
                     [&](const std::string& scheme) { return origin.starts_with(scheme + "://"); });
}

std::optional<Error> HttpClient::refusal() {
  const std::lock_guard lock(refusal_mutex_);
  return refusal_;
}

HttpClient::Attempt HttpClient::attempt(const Outgoing& outgoing, const Handler& handler, Purpose purpose) {
  const auto began = host_.monotonic();
  auto response = transport_(outgoing.request, outgoing.url);
  log_request(outgoing, began, response);
  if (response)
    host_.count("bytes_received", response->bytes_received < 0 ? static_cast<int64_t>(response->body.size())
                                                               : response->bytes_received);
  if (!response) return {Failed(std::move(response).error()), false};
  has_answered_ = true;
  const auto reset = time_to_reset(*response);
  if (reset) limiter_.pause(*reset);
  if (response->status >= 200 && response->status < 300) {
    const bool can_have_errors = options_.body_errors && purpose == Purpose::source;
    auto found = can_have_errors ? error_in(*response, *options_.body_errors) : std::nullopt;
    if (found && found->status == Status::auth && !options_.credential.empty())
      found->message += fmt::format(" (check {})", options_.credential);
    return {found ? Failed(*std::move(found)) : handle(handler, *response), reset.has_value()};
  }
  auto error = classified(*response, purpose);
  error.http_status = response->status;
  constexpr int forbidden = 403;
  if (reset && response->status == forbidden) error.status = Status::rate_limited;
  if (error.is_transient() && !error.retry_after)
    error.retry_after = response->retry_after ? response->retry_after : reset;
  return {Failed(std::move(error)), reset.has_value()};
}

Error HttpClient::classified(const HttpResponse& response, Purpose purpose) const {
  if (purpose == Purpose::token)
    return token_error(response, std::get<OAuth2>(options_.authenticator), options_.credential);
  return options_.classify ? options_.classify(response) : classify_status(response, options_);
}

// The time for which the source takes no more requests, if it says so.
std::optional<std::chrono::milliseconds> HttpClient::time_to_reset(const HttpResponse& response) const {
  const auto& names = options_.rate_headers;
  const auto* remaining = names.remaining.empty() ? nullptr : response.header(names.remaining);
  const auto* reset = names.reset.empty() ? nullptr : response.header(names.reset);
  if (remaining == nullptr || reset == nullptr || *remaining != "0") return std::nullopt;
  std::optional<std::chrono::milliseconds> time;
  if (names.unit == RateHeaders::Reset::rfc3339) {
    if (const auto moment = parse_time(*reset))
      time = std::chrono::ceil<std::chrono::milliseconds>(*moment - host_.now());
  } else if (const auto seconds = parse_integer(*reset); seconds && *seconds < 1'000'000'000'000) {
    time = std::chrono::seconds(*seconds);
    if (names.unit == RateHeaders::Reset::unix_seconds)
      *time -= std::chrono::floor<std::chrono::milliseconds>(host_.now().time_since_epoch());
  }
  if (!time || *time <= std::chrono::milliseconds::zero()) return std::nullopt;
  return std::min(*time, longest_retry_after);
}

void HttpClient::log_request(const Outgoing& outgoing, std::chrono::microseconds began,
                             const Result<HttpResponse>& response) {
  const auto seconds = std::chrono::duration<double>(host_.monotonic() - began).count();
  const auto method = to_string(outgoing.request.method);
  host_.debug(response ? fmt::format("{} {}: HTTP {}, {} bytes, {:.3f} s", method, outgoing.shown_url,
                                     response->status,
                                     response->is_streamed ? static_cast<size_t>(response->bytes_received)
                                                           : response->body.size(),
                                     seconds)
                       : fmt::format("{} {}: {}, {:.3f} s", method, outgoing.shown_url,
                                     response.error().message, seconds));
}

int HttpClient::allowed_attempts(const Error& error) const {
  if (error.status == Status::rate_limited) return options_.rate_limited_attempts;
  if (has_answered_) return options_.attempts;
  return has_given_up_ ? 1 : std::min(options_.unanswered_attempts, options_.attempts);
}

// A random time between half of first_backoff * 2^(attempt - 1) and all of it, so that clients that failed
// together do not retry together.
std::chrono::milliseconds HttpClient::backoff(int attempt) {
  const auto doubled = options_.first_backoff * (int64_t{1} << std::min(attempt - 1, 30));
  const auto longest = std::min(doubled, options_.longest_backoff).count();
  const std::lock_guard lock(random_mutex_);
  return std::chrono::milliseconds(std::uniform_int_distribution<int64_t>(longest / 2, longest)(random_));
}

}  // namespace tapster
