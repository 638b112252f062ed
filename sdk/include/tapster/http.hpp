// An HTTP client for sources: GET requests over libcurl with retries and rate limiting.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <tapster/rate_limit.hpp>
#include <tapster/target.hpp>
#include <vector>

namespace tapster {

// One complete answer. The body has been decompressed.
struct HttpResponse {
  int status = 0;
  std::string body;
  std::string content_type;                              // as sent, or empty
  std::optional<std::chrono::milliseconds> retry_after;  // of the Retry-After header, more than zero
  std::string redirect;  // scheme and host that a redirect points to, or empty; it is not followed
};

struct HttpOptions {
  std::string base_url;              // scheme, host and path prefix, such as "https://api.example.com"
  std::vector<std::string> headers;  // sent with each request, "Name: value"; may hold secrets
  std::string user_agent;
  // The schemes that may be asked; plain http is for tests on loopback and for proxies that the user runs.
  std::vector<std::string> schemes = {"https"};
  // A PEM file of the certificate authorities to trust, and no others. Where it is empty, CURL_CA_BUNDLE,
  // SSL_CERT_FILE and SSL_CERT_DIR of the environment decide, as for the curl program; without these the
  // system's authorities are trusted.
  std::string ca_file;
  std::size_t max_body_size = std::size_t{64} << 20;  // bytes after decompression; more is a source error
  std::chrono::seconds connect_timeout{15};
  // An answer of which nothing arrives for this long has stalled. One that makes less than 500 bytes a second
  // over a minute is given up too. Both are transient.
  std::chrono::seconds stall_timeout{30};
  int attempts = 6;  // tries of one request before its error counts
  // The same while the source has never answered at all: a wrong address should not take long to say so.
  int unanswered_attempts = 3;
  int rate_limited_attempts = 20;  // tries that are refused as too many, which are counted apart
  std::chrono::milliseconds first_backoff{500};  // doubles with each try, with jitter, up to:
  std::chrono::milliseconds longest_backoff{60'000};
  // Turns an answer outside 200..299 into an error. Without it: 401 and 403 auth, 408, 425 and 5xx transient,
  // 429 rate_limited, anything else source. May answer transient or rate_limited, which are asked again.
  std::function<Error(const HttpResponse&)> classify;
};

// Makes one request and waits for the whole answer: libcurl in life, a function in tests. `url` is absolute.
// Errors: transient (no connection, a reset, a stall, a body that is cut off), config (an invalid URL, a
// certificate that cannot be verified), source (a body that is too large), cancelled. An answer with any HTTP
// status is not an error. Messages contain no header.
using HttpTransport = std::function<Result<HttpResponse>(const std::string& url)>;

// Shared by all threads of a source; every member may be called from any thread. Connections are kept open
// and used again, one a thread that is asking.
class HttpClient {
 public:
  // Looks at a 2xx answer. When it returns a transient error (a body that is not what it should be), the
  // request is made again. It must leave nothing behind when it fails, and makes no request of its own.
  using Handler = std::function<Result<void>(HttpResponse&)>;

  // A config error where base_url is not an absolute URL of one of the schemes, or a header holds a line
  // break.
  static Result<std::unique_ptr<HttpClient>> create(Host host, HttpOptions options);
  // With a transport of the caller's.
  HttpClient(Host host, HttpOptions options, HttpTransport transport);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // GETs base_url + target until the handler accepts an answer, an error that will not go away comes, or the
  // attempts are used up. Waits between attempts as Retry-After says, at most ten minutes, or else for a time
  // that doubles, with jitter; an answer of "too many requests" slows all threads down. Each failed attempt
  // is logged with its cause. A cancel ends it. The error's message begins with the URL.
  //
  // From inside a handler, of any client, this is an internal error: a request made there would be repeated
  // with each retry of the outer one, so that retries multiply. Collect what is needed, return, and request
  // it then.
  Result<void> get(const Target& target, const Handler& handler);

 private:
  Result<void> attempt(const std::string& url, const Handler& handler);
  [[nodiscard]] int allowed_attempts(const Error& error) const;
  std::chrono::milliseconds backoff(int attempt);

  Host host_;
  HttpOptions options_;
  HttpTransport transport_;
  RateLimiter limiter_;
  std::atomic<bool> has_answered_ = false;
  std::mutex random_mutex_;
  std::minstd_rand random_;
};

}  // namespace tapster
