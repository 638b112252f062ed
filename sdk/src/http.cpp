#include <fmt/format.h>

#include <algorithm>
#include <tapster/http.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/time.hpp>

#include "curl_transport.hpp"

namespace tapster {

namespace {

using namespace std::chrono_literals;

// The longest Retry-After that is obeyed: a pause of an hour would look like a sync that hangs.
constexpr std::chrono::milliseconds longest_retry_after = 10min;

// Whether this thread is inside a handler.
thread_local bool is_handling = false;

Result<void> handle(const HttpClient::Handler& handler, HttpResponse& response) {
  struct Handling {
    Handling() { is_handling = true; }
    ~Handling() { is_handling = false; }
    Handling(const Handling&) = delete;
    Handling& operator=(const Handling&) = delete;
  };
  const Handling handling;
  return handler(response);
}

Error classify_status(const HttpResponse& response) {
  auto message = fmt::format("HTTP {}", response.status);
  if (!response.redirect.empty())
    message += fmt::format(", a redirect to {}, which is not followed", response.redirect);
  switch (response.status) {
    case 401:
    case 403:
      return auth_error(message, response.status).value();
    case 408:
    case 425:
      return transient_error(message, response.status).value();
    case 429:
      return Error{Status::rate_limited, message, response.status, std::nullopt};
    default:
      return response.status >= 500 ? transient_error(message, response.status).value()
                                    : source_error(message, response.status).value();
  }
}

}  // namespace

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
  return std::make_unique<HttpClient>(host, std::move(options), *std::move(transport));
}

HttpClient::HttpClient(Host host, HttpOptions options, HttpTransport transport)
    : host_(host),
      options_(std::move(options)),
      transport_(std::move(transport)),
      limiter_(host),
      random_(std::random_device()()) {
  if (!options_.classify) options_.classify = classify_status;
}

HttpClient::~HttpClient() = default;

Result<void> HttpClient::send(const HttpRequest& request, const Handler& handler) {
  const auto& target = request.target;
  if (target.error()) return Failed(*target.error());
  const auto url = options_.base_url + target.text();
  if (is_handling)
    return internal_error(
        fmt::format("{}: requested inside the handler of another response: return from the handler first, "
                    "because retries would multiply",
                    url));
  int failed = 0;   // attempts that failed in any other way
  int refused = 0;  // attempts that were rejected as one too many
  while (true) {
    auto moment = limiter_.acquire();
    if (!moment) return moment;
    if (auto known = refusal()) return Failed(*std::move(known));
    host_.count("requests");
    auto answered = attempt(request, url, handler);
    if (answered) {
      limiter_.succeeded();
      return answered;
    }
    const auto& error = answered.error();
    const bool is_refused = error.status == Status::rate_limited;
    const int attempts = is_refused ? ++refused : ++failed;
    const int allowed = allowed_attempts(error);
    if (!error.is_transient() || attempts >= allowed) {
      if (!has_answered_) has_given_up_ = true;
      auto failed_for_good = with_context(url, error);
      const std::lock_guard lock(refusal_mutex_);
      if (error.status == Status::auth && error.http_status == 401) refusal_ = failed_for_good.value();
      return failed_for_good;
    }

    const auto wait =
        error.retry_after ? std::min(*error.retry_after, longest_retry_after) : backoff(attempts);
    host_.warning(fmt::format("{}: {}; attempt {} of {}, the next in {:.1f} s", target.text(), error.message,
                              attempts, allowed, std::chrono::duration<double>(wait).count()));
    host_.count("retries");
    if (is_refused) {
      limiter_.limited(wait);
    } else {
      auto slept = host_.sleep(wait);
      if (!slept) return slept;
    }
  }
}

std::optional<Error> HttpClient::refusal() {
  const std::lock_guard lock(refusal_mutex_);
  return refusal_;
}

Result<void> HttpClient::attempt(const HttpRequest& request, const std::string& url, const Handler& handler) {
  const auto began = host_.monotonic();
  auto response = transport_(request, url);
  log_request(request, url, began, response);
  if (!response) return Failed(std::move(response).error());
  has_answered_ = true;
  const auto reset = time_to_reset(*response);
  if (reset) limiter_.pause(*reset);
  if (response->status >= 200 && response->status < 300) return handle(handler, *response);
  auto error = options_.classify(*response);
  error.http_status = response->status;
  if (error.is_transient() && !error.retry_after)
    error.retry_after = response->retry_after ? response->retry_after : reset;
  return Failed(std::move(error));
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
  } else if (const auto seconds = parse_total(*reset); seconds && *seconds < 1'000'000'000'000) {
    time = std::chrono::seconds(*seconds);
    if (names.unit == RateHeaders::Reset::unix_seconds)
      *time -= std::chrono::floor<std::chrono::milliseconds>(host_.now().time_since_epoch());
  }
  if (!time || *time <= std::chrono::milliseconds::zero()) return std::nullopt;
  return std::min(*time, longest_retry_after);
}

void HttpClient::log_request(const HttpRequest& request, const std::string& url,
                             std::chrono::microseconds began, const Result<HttpResponse>& response) {
  const auto seconds = std::chrono::duration<double>(host_.monotonic() - began).count();
  host_.debug(response ? fmt::format("{} {}: HTTP {}, {} bytes, {:.3f} s", to_string(request.method), url,
                                     response->status, response->body.size(), seconds)
                       : fmt::format("{} {}: {}, {:.3f} s", to_string(request.method), url,
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
