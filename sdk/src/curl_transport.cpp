#include "curl_transport.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>

namespace tapster {

namespace {

using namespace std::chrono_literals;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct HeaderDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// The header may say any number of seconds; a day is as good as for ever.
constexpr curl_off_t longest_retry_after = 86'400;

// One part of a URL, or nothing.
std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// "https://api.example.com:8443", without anything that may be a secret; empty where `text` is no URL.
std::string origin(const char* text) {
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text, 0) != CURLUE_OK) return {};
  const auto port = url_part(url.get(), CURLUPART_PORT);
  return fmt::format("{}://{}{}{}", url_part(url.get(), CURLUPART_SCHEME),
                     url_part(url.get(), CURLUPART_HOST), port.empty() ? "" : ":", port);
}

// The certificate authorities to trust. An empty file stands for libcurl's own bundle.
struct Authorities {
  std::string file;
  std::string directory;  // further ones, in files named by OpenSSL's hash
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// In the order of the curl program, so that one setting serves both.
Authorities authorities_of(const HttpOptions& options) {
  if (!options.ca_file.empty()) return {options.ca_file, {}};
  if (auto bundle = environment("CURL_CA_BUNDLE"); !bundle.empty()) return {std::move(bundle), {}};
  return {environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR")};
}

class CurlTransport {
 public:
  CurlTransport(Host host, const HttpOptions& options, const SlowAnswers& slow)
      : host_(host),
        slow_(slow),
        base_url_(options.base_url),
        authorities_(authorities_of(options)),
        schemes_(fmt::format("{}", fmt::join(options.schemes, ","))),
        user_agent_(options.user_agent),
        max_body_size_(options.max_body_size),
        connect_timeout_(options.connect_timeout),
        stall_timeout_(options.stall_timeout) {
    for (const auto& header : options.headers) {
      auto* longer = curl_slist_append(headers_.get(), header.c_str());
      if (!longer) throw std::bad_alloc();
      static_cast<void>(headers_.release());
      headers_.reset(longer);
    }
  }

  Result<HttpResponse> get(const std::string& url) {
    Transfer transfer{host_, max_body_size_, target_of(url), Pace(slow_)};
    char reason[CURL_ERROR_SIZE] = "";
    auto taken = take();
    if (!taken) return Failed(std::move(taken).error());
    auto easy = *std::move(taken);
    transfer.response.body.reserve(body_size_hint_.load(std::memory_order_relaxed));
    // A handle that is used again would otherwise request its last URL.
    if (curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str()) != CURLE_OK)
      return internal_error("out of memory");
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, reason);
    const auto code = curl_easy_perform(easy.get());
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_off_t received = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_SIZE_DOWNLOAD_T, &received);
    host_.count("bytes_received", received);
    // The handle of a failure goes, with its connection, which may be in an odd state.
    if (code != CURLE_OK)
      return failure(easy.get(), transfer, code, *reason != 0 ? reason : curl_easy_strerror(code));
    fill_in(easy.get(), transfer.response);
    body_size_hint_.store(transfer.response.body.size(), std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(easy));
    return std::move(transfer.response);
  }

 private:
  struct Transfer {
    Host host;
    size_t max_body_size;
    std::string_view target;
    Pace pace;
    HttpResponse response = {};
    bool is_too_slow = false;
    bool is_too_large = false;
    bool is_out_of_memory = false;
  };

  // The URL without what all requests have in common.
  [[nodiscard]] std::string_view target_of(std::string_view url) const {
    return url.starts_with(base_url_) ? url.substr(base_url_.size()) : url;
  }

  Result<Easy> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto easy = std::move(idle_.back());
        idle_.pop_back();
        return easy;
      }
    }
    Easy easy(curl_easy_init());
    const auto code = easy ? set_up(easy.get()) : CURLE_OUT_OF_MEMORY;
    if (code != CURLE_OK)
      return internal_error(fmt::format("libcurl cannot be set up: {}", curl_easy_strerror(code)));
    return easy;
  }

  // The first failure, after which the handle must not be used: a check of the certificate may be missing.
  CURLcode set_up(CURL* easy) const {
    auto code = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = (curl_easy_setopt)(easy, option, value);
    };
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, user_agent_.c_str());
    set(CURLOPT_PROTOCOLS_STR, schemes_.c_str());
    set(CURLOPT_REDIR_PROTOCOLS_STR, schemes_.c_str());
    // A redirect would take the token to another place.
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    trust(set);
    set(CURLOPT_NOSIGNAL, 1L);
    // A cancel does not wait for a name server: the resolver's thread is left to end by itself.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect_timeout_.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall_timeout_.count()));
    // Load balancers forget idle connections without a word.
    set(CURLOPT_MAXLIFETIME_CONN, 600L);
    set(CURLOPT_WRITEFUNCTION, &CurlTransport::on_body);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &CurlTransport::on_progress);
    return code;
  }

  template <class Set>
  void trust(const Set& set) const {
    const auto& [file, directory] = authorities_;
    if (!file.empty()) set(CURLOPT_CAINFO, file.c_str());
    // With a file of its own, libcurl would still trust the system's directory.
    if (!file.empty() || !directory.empty())
      set(CURLOPT_CAPATH, directory.empty() ? nullptr : directory.c_str());
  }

  // Where the trusted authorities come from, for messages.
  [[nodiscard]] std::string trusted(CURL* easy) const {
    const char* bundle = authorities_.file.c_str();
    if (authorities_.file.empty()) curl_easy_getinfo(easy, CURLINFO_CAINFO, &bundle);
    auto text = bundle ? std::string(bundle) : "none";
    if (!authorities_.directory.empty()) text += " and the directory " + authorities_.directory;
    return text;
  }

  // Counts here, as MAXFILESIZE does not stop a chunked answer, nor what decompression makes of one.
  static size_t on_body(char* data, size_t size, size_t count, void* user) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    auto& body = transfer.response.body;
    if (size * count > transfer.max_body_size - body.size()) {
      transfer.is_too_large = true;
      return CURL_WRITEFUNC_ERROR;
    }
    try {
      body.append(data, size * count);
    } catch (const std::bad_alloc&) {
      transfer.is_out_of_memory = true;
      return CURL_WRITEFUNC_ERROR;
    }
    return size * count;
  }

  // Called at least once a second. A 1 ends the transfer.
  static int on_progress(void* user, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    if (transfer.host.is_cancelled()) return 1;
    transfer.is_too_slow = !transfer.pace.update(received);
    if (transfer.is_too_slow) return 1;
    if (transfer.pace.is_due()) log_slow(transfer);
    return 0;
  }
  static void log_slow(const Transfer& transfer) noexcept {
    try {
      transfer.host.warning(fmt::format("{}: a slow answer: {}", transfer.target, transfer.pace.so_far()));
    } catch (const std::exception&) {
      // Out of memory, which the transfer will notice by itself.
    }
  }

  static void fill_in(CURL* easy, HttpResponse& response) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    const char* content_type = nullptr;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &content_type);
    if (content_type) response.content_type = content_type;
    const char* redirect = nullptr;
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect) response.redirect = origin(redirect);
    // Seconds; negative for a date in the past, 0 where there is none or it is rubbish.
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0)
      response.retry_after = std::chrono::seconds(std::min(retry_after, longest_retry_after));
  }

  Failed failure(CURL* easy, const Transfer& transfer, CURLcode code, std::string_view reason) const {
    if (transfer.is_too_large)
      return source_error(fmt::format("the answer is larger than {} bytes", max_body_size_));
    if (transfer.is_too_slow) return transient_error(transfer.pace.failure());
    if (transfer.is_out_of_memory) return internal_error("out of memory");
    switch (code) {
      case CURLE_ABORTED_BY_CALLBACK:
        return cancelled();
      case CURLE_UNSUPPORTED_PROTOCOL: {
        // Also what libcurl calls an answer that is not HTTP; by then it knows who answered.
        const char* address = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
        if (address && *address != 0) return transient_error(fmt::format("no HTTP answer: {}", reason));
        return config_error(fmt::format("invalid URL: {}", reason));
      }
      case CURLE_URL_MALFORMAT:
      case CURLE_LOGIN_DENIED:  // a user name in the URL
        return config_error(fmt::format("invalid URL: {}", reason));
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_ISSUER_ERROR:
        return config_error(
            fmt::format("TLS certificate verification failed: {}; trusted authorities: {} (to "
                        "trust others, set SSL_CERT_FILE to a PEM file)",
                        reason, trusted(easy)));
      case CURLE_SSL_CACERT_BADFILE:
        return config_error(
            fmt::format("cannot load the trusted certificate authorities, {}: {} (check "
                        "CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR)",
                        trusted(easy), reason));
      case CURLE_SSL_CERTPROBLEM:
      case CURLE_SSL_CIPHER:
        return config_error(fmt::format("TLS cannot be set up: {}", reason));
      case CURLE_OUT_OF_MEMORY:
      case CURLE_FAILED_INIT:
      case CURLE_BAD_FUNCTION_ARGUMENT:
      case CURLE_UNKNOWN_OPTION:
        return internal_error(fmt::format("libcurl failed: {}", reason));
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_RESOLVE_PROXY:
      case CURLE_COULDNT_CONNECT:
        return transient_error(fmt::format("no connection: {} (check the address and the network)", reason));
      default:
        return transient_error(fmt::format("the connection failed: {}", reason));
    }
  }

  Host host_;
  SlowAnswers slow_;
  std::string base_url_;
  Authorities authorities_;
  std::unique_ptr<curl_slist, HeaderDeleter> headers_;
  std::string schemes_, user_agent_;
  size_t max_body_size_;
  std::chrono::seconds connect_timeout_, stall_timeout_;
  std::atomic<size_t> body_size_hint_ = 0;  // the size of the last body, as the next is likely to be like it
  std::mutex mutex_;
  std::vector<Easy> idle_;  // handles with their open connections
};

Result<void> check_url(const std::string& text, const std::vector<std::string>& schemes) {
  const auto wrong = [&](std::string_view why) {
    // What is before an @ may be a password.
    const auto shown = text.find('@') == std::string::npos ? '"' + text + '"' : "the URL";
    return config_error(fmt::format("{} {}; it has to be a URL that begins with {}://", shown, why,
                                    fmt::join(schemes, ":// or ")));
  };
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return wrong("is no absolute URL");
  }
  const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) return wrong("has another scheme");
  if (url_part(url.get(), CURLUPART_HOST).empty()) return wrong("names no host");
  if (text.find('@') != std::string::npos) return wrong("holds a user name or password");
  if (text.find_first_of("?#") != std::string::npos) return wrong("has a query or fragment");
  return {};
}

}  // namespace

Result<HttpTransport> curl_transport(Host host, const HttpOptions& options, const SlowAnswers& slow) {
  const auto checked = check_url(options.base_url, options.schemes);
  if (!checked) return Failed(checked.error());
  // Safe from any thread since libcurl 7.84, and counted. Without a clean-up, as other threads may still be
  // at work.
  if (const auto code = curl_global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
    return internal_error(fmt::format("libcurl cannot be set up: {}", curl_easy_strerror(code)));
  const auto transport = std::make_shared<CurlTransport>(host, options, slow);
  return HttpTransport([transport](const std::string& url) { return transport->get(url); });
}

}  // namespace tapster
