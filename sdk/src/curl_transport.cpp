// Each request in progress has a libcurl handle of its own, with its own connection. `take` reuses an idle
// handle or sets up a new one. After a success the handle goes back to `idle_` with its connection open;
// after a failure it is destroyed, because its connection may be in an undefined state. `mutex_` protects
// `idle_` only.
#include "curl_transport.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>

#include "authentication.hpp"
#include "curl_url.hpp"
#include "proxy.hpp"

namespace tapster {

namespace {

using namespace std::chrono_literals;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

// All headers of a response together; a source that sends more is not one.
constexpr size_t most_header_bytes = 256UL << 10U;

struct HeaderDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, HeaderDeleter>;

// The header may contain any number of seconds. More than a day makes no difference.
constexpr curl_off_t longest_retry_after = 86'400;

// https://www.rfc-editor.org/rfc/rfc9110#status.407
constexpr int proxy_authentication_required = 407;

// The certificate authorities to trust. An empty file means libcurl's default bundle.
struct Authorities {
  std::string file;
  std::string directory;  // more authorities, in files named by OpenSSL's hash
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The same order as in the curl program, so that one setting works for both.
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
        hides_query_(adds_to_query(options.authenticator)),
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

  // `needs_file` makes a new connection, which trusts the authorities of the file too.
  Result<HttpResponse> send(const HttpRequest& request, const std::string& url, bool needs_file = false) {
    Transfer transfer{.host = host_,
                      .max_body_size = max_body_size_,
                      .stall_timeout = stall_timeout_,
                      .target = target_of(request, url),
                      .pace = Pace(slow_)};
    if (request.sink.take) transfer.sink = &request.sink;
    char reason[CURL_ERROR_SIZE] = "";
    auto taken = needs_file ? create(true) : take();
    if (!taken) return Failed(std::move(taken).error());
    auto [easy, reads_file] = *std::move(taken);
    transfer.easy = easy.get();
    if (transfer.sink == nullptr)
      transfer.response.body.reserve(body_size_hint_.load(std::memory_order_relaxed));
    else
      transfer.sink->begin();
    // If this failed unnoticed, a reused handle would request its previous URL.
    if (curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str()) != CURLE_OK)
      return internal_error("out of memory");
    const auto headers = headers_of(request);
    if (!headers) return internal_error("out of memory");
    set_method(easy.get(), request, headers->get() || request.is_foreign ? headers->get() : headers_.get());
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, reason);
    // libcurl would count the time in which a sink blocks; see on_progress.
    const auto stall_timeout = transfer.sink == nullptr ? stall_timeout_ : std::chrono::seconds(0);
    curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall_timeout.count()));
    const auto code = curl_easy_perform(easy.get());
    if (transfer.exception) std::rethrow_exception(transfer.exception);
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_off_t received = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_SIZE_DOWNLOAD_T, &received);
    transfer.response.bytes_received = received;
    if (code != CURLE_OK) host_.count("bytes_received", received);
    if (transfer.sink_error) return Failed(*std::move(transfer.sink_error));
    if (may_need_file(code) && !reads_file) {
      needs_file_ = true;
      return send(request, url, true);
    }
    if (code != CURLE_OK) {
      const auto proxy = proxy_for(url);
      const auto why = without_value(*reason != 0 ? reason : curl_easy_strerror(code), proxy);
      return through(proxy, easy.get(), failure(easy.get(), transfer, code, why));
    }
    fill_in(easy.get(), transfer.response);
    if (transfer.response.status == proxy_authentication_required) {
      if (const auto proxy = proxy_for(url); !proxy.variable.empty()) return refused_by(proxy);
    }
    transfer.response.is_streamed = transfer.sink != nullptr && is_success(transfer.response.status);
    if (transfer.sink == nullptr)
      body_size_hint_.store(transfer.response.body.size(), std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    idle_.push_back({std::move(easy), reads_file});
    return std::move(transfer.response);
  }

 private:
  struct Transfer {
    Host host;
    size_t max_body_size;
    std::chrono::seconds stall_timeout;
    std::string_view target;
    Pace pace;
    CURL* easy = nullptr;
    const BodySink* sink = nullptr;  // takes the body if it is a 2xx
    std::optional<bool> is_success = {};
    std::optional<Error> sink_error = {};
    std::exception_ptr exception = {};  // of the sink
    bool is_stalled = false;
    HttpResponse response = {};
    size_t header_bytes = 0;
    bool is_too_slow = false;
    bool is_too_large = false;
    bool is_out_of_memory = false;
  };

  // A request's own headers, and those of every request. Null if there are none of its own; nothing if memory
  // has run out.
  [[nodiscard]] std::optional<Headers> headers_of(const HttpRequest& request) const {
    Headers all;
    if (request.headers.empty() && !request.is_foreign) return all;
    const auto add = [&](const char* header) {
      auto* longer = curl_slist_append(all.get(), header);
      if (!longer) return false;
      static_cast<void>(all.release());
      all.reset(longer);
      return true;
    };
    for (const auto* one = request.is_foreign ? nullptr : headers_.get(); one != nullptr; one = one->next) {
      if (!add(one->data)) return std::nullopt;
    }
    for (const auto& header : request.headers) {
      if (!add(header.c_str())) return std::nullopt;
    }
    return all;
  }

  // The handle may have made another kind of request before.
  void set_method(CURL* easy, const HttpRequest& request, curl_slist* headers) const {
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (request.method == Method::get) {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
      curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
      return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, to_string(request.method).data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }

  // The URL without the base URL, for log lines, and without a query that may have a secret.
  [[nodiscard]] std::string_view target_of(const HttpRequest& request, std::string_view url) const {
    if (hides_query_ || !request.url.empty()) url = url.substr(0, url.find('?'));
    return url.starts_with(base_url_) ? url.substr(base_url_.size()) : url;
  }

  struct Handle {
    Easy easy;
    bool reads_file;  // of the authorities; false if it trusts those of the directory alone
  };

  Result<Handle> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    return create(needs_file_);
  }

  Result<Handle> create(bool reads_file) const {
    Handle handle{Easy(curl_easy_init()), reads_file};
    if (handle.easy && !has_directory(handle.easy.get())) handle.reads_file = true;
    const auto code = handle.easy ? set_up(handle.easy.get(), handle.reads_file) : CURLE_OUT_OF_MEMORY;
    if (code != CURLE_OK)
      return internal_error(fmt::format("cannot set up libcurl: {}", curl_easy_strerror(code)));
    return handle;
  }

  // Returns the first failure. The handle must not be used then: certificate checks may be missing.
  CURLcode set_up(CURL* easy, bool reads_file) const {
    auto code = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = (curl_easy_setopt)(easy, option, value);
    };
    set(CURLOPT_USERAGENT, user_agent_.c_str());
    set(CURLOPT_PROTOCOLS_STR, schemes_.c_str());
    set(CURLOPT_REDIR_PROTOCOLS_STR, schemes_.c_str());
    // A redirect would send the token to another server.
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    for (const auto option : {CURLOPT_SSLVERSION, CURLOPT_PROXY_SSLVERSION})
      set(option, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    for (const auto option : {CURLOPT_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYPEER}) set(option, 1L);
    for (const auto option : {CURLOPT_SSL_VERIFYHOST, CURLOPT_PROXY_SSL_VERIFYHOST}) set(option, 2L);
    trust(set, reads_file, CURLOPT_CAINFO, CURLOPT_CAPATH);
    trust(set, reads_file, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH);
    set(CURLOPT_NOSIGNAL, 1L);
    // A cancel must not wait for a name server. The resolver's thread ends by itself.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect_timeout_.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    // Load balancers drop idle connections without closing them.
    set(CURLOPT_MAXLIFETIME_CONN, 600L);
    set(CURLOPT_WRITEFUNCTION, &CurlTransport::on_body);
    set(CURLOPT_HEADERFUNCTION, &CurlTransport::on_header);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &CurlTransport::on_progress);
    return code;
  }

  // A connection takes 50 ms of CPU to read all authorities from the system's file, and none to find the one
  // it needs in a directory. So if there is a directory, the file is read only once the directory was not
  // enough.
  [[nodiscard]] bool has_directory(CURL* easy) const {
    if (!authorities_.directory.empty()) return true;
    const char* directory = nullptr;
    curl_easy_getinfo(easy, CURLINFO_CAPATH, &directory);  // libcurl's default
    return authorities_.file.empty() && directory != nullptr;
  }
  // Whether the failure may come from the directory. All of these come before the request. If a file of the
  // directory cannot be read, libcurl reports that, and not that the server is not trusted.
  static bool may_need_file(CURLcode code) {
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
           code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CONNECT_ERROR;
  }

  // Sets the authorities that the server, or an HTTPS proxy, is checked with.
  template <class Set>
  void trust(const Set& set, bool reads_file, CURLoption file_option, CURLoption directory_option) const {
    const auto& [file, directory] = authorities_;
    if (!file.empty()) set(file_option, file.c_str());
    // Even with a file, libcurl would also trust the system's directory.
    if (!file.empty() || !directory.empty())
      set(directory_option, directory.empty() ? nullptr : directory.c_str());
    if (!reads_file) set(file_option, static_cast<const char*>(nullptr));
  }

  // The source of the trusted authorities, for messages.
  [[nodiscard]] std::string trusted(CURL* easy) const {
    const char* bundle = authorities_.file.c_str();
    if (authorities_.file.empty()) curl_easy_getinfo(easy, CURLINFO_CAINFO, &bundle);
    auto text = bundle ? std::string(bundle) : "none";
    if (!authorities_.directory.empty()) text += " and the directory " + authorities_.directory;
    return text;
  }

  static bool is_success(long status) { return status >= 200 && status < 300; }

  // Whether the body goes to a sink.
  static bool is_streamed(Transfer& transfer) {
    if (transfer.sink == nullptr) return false;
    if (!transfer.is_success) {
      long status = 0;
      curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
      transfer.is_success = is_success(status);
    }
    return *transfer.is_success;
  }

  // No exception may pass through libcurl.
  static size_t pass_on(Transfer& transfer, std::string_view piece) noexcept {
    try {
      const Pace::Pause pause(transfer.pace);
      auto taken = transfer.sink->take(piece);
      if (taken) return piece.size();
      transfer.sink_error = std::move(taken).error();
    } catch (...) {
      transfer.exception = std::current_exception();
    }
    return CURL_WRITEFUNC_ERROR;
  }

  // Checks the size itself: MAXFILESIZE does not apply to chunked responses or to the decompressed size.
  static size_t on_body(char* data, size_t size, size_t count, void* user) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    if (is_streamed(transfer)) return pass_on(transfer, {data, size * count});
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

  // Called with one line. A proxy's headers, and those of an interim response, come before the real ones.
  static size_t on_header(char* data, size_t size, size_t count, void* user) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::string_view line(data, size * count);
    try {
      if (line.starts_with("HTTP/")) transfer.response.headers.clear();
      transfer.header_bytes += line.size();
      if (transfer.header_bytes > most_header_bytes) return 0;
      add_header(line, transfer.response.headers);
    } catch (const std::bad_alloc&) {
      transfer.is_out_of_memory = true;
      return 0;
    }
    return size * count;
  }

  static void add_header(std::string_view line, std::vector<HttpResponse::Header>& headers) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    constexpr std::string_view space = " \t\r\n";
    auto value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(space), value.size()));
    value = value.substr(0, value.find_last_not_of(space) + 1);
    std::string name(line.substr(0, colon));
    for (auto& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    headers.push_back({std::move(name), std::string(value)});
  }

  // Called at least once a second. Returning 1 aborts the transfer.
  static int on_progress(void* user, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    if (transfer.host.is_cancelled()) return 1;
    transfer.is_too_slow = !transfer.pace.update(received);
    transfer.is_stalled = transfer.sink != nullptr && transfer.pace.idle() > transfer.stall_timeout;
    if (transfer.is_too_slow || transfer.is_stalled) return 1;
    if (transfer.pace.is_due()) log_slow(transfer);
    return 0;
  }
  static void log_slow(const Transfer& transfer) noexcept {
    try {
      transfer.host.warning(fmt::format("{}: slow response: {}", transfer.target, transfer.pace.so_far()));
    } catch (const std::exception&) {
      // Out of memory. The transfer itself will report it.
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
    if (redirect) response.redirect = origin_of(redirect);
    // In seconds; negative for a date in the past, 0 if the header is missing or invalid.
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0)
      response.retry_after = std::chrono::seconds(std::min(retry_after, longest_retry_after));
  }

  Failed failure(CURL* easy, const Transfer& transfer, CURLcode code, std::string_view reason) const {
    if (transfer.header_bytes > most_header_bytes)
      return source_error(
          fmt::format("the headers of the response are longer than {} KiB", most_header_bytes / 1024));
    if (transfer.is_too_large)
      return source_error(fmt::format("the response is larger than {} bytes", max_body_size_));
    if (transfer.is_too_slow) return transient_error(transfer.pace.failure());
    if (transfer.is_stalled)
      return transient_error(
          fmt::format("the response stalled: no byte arrived for {} s", transfer.stall_timeout.count()));
    if (transfer.is_out_of_memory) return internal_error("out of memory");
    if (reason.starts_with("Unsupported proxy"))
      return config_error(
          fmt::format("{}; write it as http://USER:PASSWORD@HOST:PORT, with %40 for @, %20 for "
                      "a space and so on in the password",
                      reason));
    switch (code) {
      case CURLE_ABORTED_BY_CALLBACK:
        return cancelled();
      case CURLE_UNSUPPORTED_PROTOCOL: {
        // libcurl also uses this code for a response that is not HTTP. Then it knows the address.
        const char* address = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
        if (address && *address != 0)
          return transient_error(fmt::format("the response is not HTTP: {}", reason));
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
        return config_error(fmt::format("cannot set up TLS: {}", reason));
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

  static Failed refused_by(const Proxy& proxy) {
    return config_error(fmt::format(
        "the proxy {} of {} requires credentials (407): set the variable to http://USER:PASSWORD@{}",
        proxy.address, proxy.variable, proxy.address));
  }

  // Names the proxy in a failure of a request that goes through one: it may be the cause.
  static Failed through(const Proxy& proxy, CURL* easy, Failed failed) {
    if (proxy.variable.empty()) return failed;
    long answer = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &answer);
    if (answer == proxy_authentication_required) return refused_by(proxy);
    auto error = std::move(failed).value();
    if (error.status != Status::cancelled)
      error.message +=
          fmt::format(" (through the proxy {} of {})",
                      proxy.address.empty() ? "with an invalid URL" : proxy.address, proxy.variable);
    return Failed(std::move(error));
  }

  Host host_;
  SlowAnswers slow_;
  std::string base_url_;
  Authorities authorities_;
  Headers headers_;
  std::string schemes_, user_agent_;
  bool hides_query_;
  size_t max_body_size_;
  std::chrono::seconds connect_timeout_, stall_timeout_;
  std::atomic<size_t> body_size_hint_ = 0;  // the size of the last body: the next one is likely to be similar
  std::mutex mutex_;
  std::vector<Handle> idle_;              // those not in use, with their open connections
  std::atomic<bool> needs_file_ = false;  // the directory of the authorities was not enough
};

Result<void> check_url(const std::string& text, const std::vector<std::string>& schemes) {
  const auto wrong = [&](std::string_view why) {
    // The text before an @ may contain a password.
    const auto shown = text.find('@') == std::string::npos ? "the base URL \"" + text + '"' : "the base URL";
    return config_error(fmt::format("{} {}; expected a URL that starts with {}://", shown, why,
                                    fmt::join(schemes, ":// or ")));
  };
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return wrong("is not an absolute URL");
  }
  const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end())
    return wrong("has an unsupported scheme");
  if (url_part(url.get(), CURLUPART_HOST).empty()) return wrong("has no host");
  if (text.find('@') != std::string::npos) return wrong("contains a user name or password");
  if (text.find_first_of("?#") != std::string::npos) return wrong("has a query or fragment");
  return {};
}

}  // namespace

Result<HttpTransport> curl_transport(Host host, const HttpOptions& options, const SlowAnswers& slow) {
  const auto checked = check_url(options.base_url, options.schemes);
  if (!checked) return Failed(checked.error());
  // Since libcurl 7.84 this may be called from any thread, any number of times. It is never undone, because
  // other threads may still use libcurl.
  if (const auto code = curl_global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
    return internal_error(fmt::format("cannot set up libcurl: {}", curl_easy_strerror(code)));
  const auto transport = std::make_shared<CurlTransport>(host, options, slow);
  return HttpTransport([transport](const HttpRequest& request, const std::string& url) {
    return transport->send(request, url);
  });
}

}  // namespace tapster
