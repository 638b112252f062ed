// An HTTP client for sources: requests over libcurl with retries and rate limiting.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tapster/authenticator.hpp>
#include <tapster/body_errors.hpp>
#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <tapster/json.hpp>
#include <tapster/rate_limit.hpp>
#include <tapster/request.hpp>
#include <vector>

namespace tapster {

// The headers in which a source says how many requests it still takes, and when it takes more. Names in lower
// case; empty if there is none.
struct RateHeaders {
  std::string remaining;  // such as "x-ratelimit-remaining"
  std::string reset;      // such as "x-ratelimit-reset"
  enum class Reset { seconds_left, unix_seconds, rfc3339 } unit = Reset::seconds_left;
};

struct HttpOptions {
  std::string base_url = {};  // scheme, host and path prefix, such as "https://api.example.com"
  // Sent with each request, "Name: value"; may contain secrets.
  std::vector<std::string> headers = {};
  std::string user_agent = {};
  // The allowed URL schemes. Plain http is for tests on loopback and for the user's own proxies.
  std::vector<std::string> schemes = {"https"};
  // A PEM file with the only certificate authorities to trust. If empty, the environment variables
  // CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR apply, as for the curl program; without them, the system's
  // authorities.
  std::string ca_file = {};
  // Bytes after decompression; more is a source error. Not for HttpClient::stream.
  std::size_t max_body_size = std::size_t{64} << 20;
  std::chrono::seconds connect_timeout{15};
  // A response is aborted with a transient error if no byte arrives for this long. The same happens if it
  // averages less than 500 bytes a second over a minute.
  std::chrono::seconds stall_timeout{30};
  int attempts = 6;  // attempts of one request before its error is returned
  // As `attempts`, until the source has responded once: a wrong address should fail quickly.
  int unanswered_attempts = 3;
  int rate_limited_attempts = 20;                // attempts that end in rate_limited, counted separately
  std::chrono::milliseconds first_backoff{500};  // doubles with each attempt, with jitter, up to:
  std::chrono::milliseconds longest_backoff{60'000};
  // When a response says that nothing remains, no thread makes a request before the reset, at most ten
  // minutes. A 403 that says so is rate_limited. The rate does not change, unlike after a 429 without these
  // headers.
  RateHeaders rate_headers = {};
  // What the error of a response outside 200..299 says, besides its status. JSON Pointers to the API's own
  // number and text in the response; and the name of the credential, such as that of its setting, which an
  // auth error says to check.
  std::string error_code = {}, error_message = {};
  std::string credential = {};
  // Makes that error instead, on any thread. Transient and rate_limited errors are retried. The default: 401
  // and 403 are auth; 408, 425 and 5xx transient; 429 rate_limited; others source. Its source_code is the
  // API's number if `error_code` is set (0 if the response has none), and otherwise the status.
  std::function<Error(const HttpResponse&)> classify = {};
  // Where a response of 200..299 has errors: see body_errors.hpp. They are treated as those of other
  // responses.
  std::optional<BodyErrors> body_errors = {};
  Authenticator authenticator = {};  // none by default; see authenticator.hpp
};

// Makes one request and waits for the complete response: libcurl in production, a function in tests. `url` is
// absolute. Must be callable from any thread. Errors: transient (no connection, a reset, a stall, a truncated
// body), config (an invalid URL, a certificate that cannot be verified), source (a body that is too large),
// cancelled; those of HttpRequest::sink. A response of any HTTP status is not an error. Messages must not
// contain headers.
using HttpTransport = std::function<Result<HttpResponse>(const HttpRequest& request, const std::string& url)>;

class Authentication;

// One client is shared by all threads of a source: every member may be called from any thread. Each request
// in progress has its own connection, which stays open for later requests.
class HttpClient {
 public:
  // Processes a 2xx response, which it may change. If it returns a transient error, for instance because the
  // body is malformed, the request is made again: a failed handler must undo what it has done. A handler must
  // not make requests.
  using Handler = std::function<Result<void>(HttpResponse&)>;

  // Makes a client over libcurl. Errors: config, if base_url is not an absolute URL of one of the schemes,
  // the token URL has another scheme, or a header contains a line break; internal, if libcurl cannot be set
  // up.
  static Result<std::unique_ptr<HttpClient>> create(Host host, HttpOptions options);
  // Makes a client over another transport, for tests, which makes token requests too. base_url, headers and
  // authenticator are not checked.
  HttpClient(Host host, HttpOptions options, HttpTransport transport);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Takes a 2xx body in pieces. None of its functions may make requests.
  struct BodyReader {
    std::function<void()> begin;  // a response begins; forget the pieces of the one before
    std::function<Result<void>(std::string_view piece)> take;
    Handler end;  // the body is complete; HttpResponse::body is empty
  };

  // Requests base_url + target and passes the response to `handler`, on this thread. Transient and
  // rate_limited errors are retried until the attempts are used up. Between attempts the call waits for
  // Retry-After, at most ten minutes, or for a time that doubles, with jitter; a rate_limited error slows
  // down all threads. Each request is logged at the level debug, and each retry with its cause as a warning.
  //
  // A credential that was refused is not tried again: after an auth error with the status 401, this and every
  // later call returns that error. With OAuth2 the request is first made again with a new token; if no new
  // token can be had, this and every later call returns the error of the token request. As long as the source
  // has not responded at all, only one call retries as often as `unanswered_attempts` allows; the calls after
  // it make one attempt each.
  //
  // Errors: the last error of the transport, `classify` or the handler,
  // its message starting with the URL; the target's own error; cancelled.
  //
  // Calling it inside a handler, of any client, is an internal error: the inner request would be repeated
  // with each retry of the outer one. Collect what is needed, return, then make the requests.
  Result<void> send(const HttpRequest& request, const Handler& handler);

  // As `send`, for a body that may be larger than memory: passes each piece on as it arrives, so
  // max_body_size does not apply. After a transient error, also of `take` and `end`, the request is made
  // again and the body comes again from its start. `take` may block; that time does not count as a stall. Any
  // other error of `take` or `end` ends the call. HttpOptions::body_errors does not apply.
  Result<void> stream(const HttpRequest& request, const BodyReader& reader);
  Result<void> get(
      const Target& target, const Handler& handler = [](HttpResponse&) -> Result<void> { return {}; }) {
    return send({Method::get, target}, handler);
  }
  // Requests a small JSON object and returns it. `check` may refuse it: it runs inside the handler, so a
  // transient error requests it again. Errors: those of `send` and `check`; transient, if the response is no
  // JSON object.
  Result<json::object> get_object(const Target& target,
                                  const std::function<Result<void>(const json::object&)>& check = {});

  // Whether HttpOptions::body_errors is set.
  [[nodiscard]] bool finds_body_errors() const { return options_.body_errors.has_value(); }

 private:
  enum class Purpose { source, token };
  Result<void> transmit(const HttpRequest& request, const std::string& url, const Handler& handler,
                        Purpose purpose);
  [[nodiscard]] Result<std::string> url_of(const HttpRequest& request) const;
  [[nodiscard]] bool has_scheme(std::string_view origin) const;
  struct Attempt {
    Result<void> result;
    bool has_reset;  // the source said when it takes requests again
  };
  struct Outgoing;
  Result<Outgoing> with_credential(const HttpRequest& request, const std::string& url, Purpose purpose);
  Attempt attempt(const Outgoing& outgoing, const Handler& handler, Purpose purpose);
  bool renews_token(const Outgoing& outgoing, const Error& error, std::optional<uint64_t>& newest);
  Failed give_up(const Outgoing& outgoing, const Error& error);
  Result<void> wait_to_retry(std::string_view shown, const Error& error, int attempts, bool has_reset);
  [[nodiscard]] Error classified(const HttpResponse& response, Purpose purpose) const;
  std::optional<Error> refusal();
  void log_request(const Outgoing& outgoing, std::chrono::microseconds began,
                   const Result<HttpResponse>& response);
  [[nodiscard]] std::optional<std::chrono::milliseconds> time_to_reset(const HttpResponse& response) const;
  [[nodiscard]] int allowed_attempts(const Error& error) const;
  std::chrono::milliseconds backoff(int attempt);

  Host host_;
  HttpOptions options_;
  HttpTransport transport_;
  std::unique_ptr<Authentication> authentication_;  // null without an authenticator
  RateLimiter limiter_;
  std::atomic<int64_t> token_requests_ = 0;  // that have ended
  std::atomic<bool> has_answered_ = false;
  std::atomic<bool> has_given_up_ = false;  // a call has failed without any response
  std::mutex refusal_mutex_;
  std::optional<Error> refusal_;  // of the credential
  std::mutex random_mutex_;
  std::minstd_rand random_;
};

}  // namespace tapster
