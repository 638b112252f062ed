// The libcurl transport, against a server on loopback that sends scripted bytes.
#include "curl_transport.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <ostream>
#include <set>
#include <stdexcept>
#include <tapster/testing/fake_host.hpp>
#include <thread>
#include <utility>

#include "loopback.hpp"

namespace tapster {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

// What the server does with one connection: for each answer it reads a request and sends the answer; then it
// ends the connection.
struct Script {
  enum class End { close, reset, hold };
  std::vector<std::string> answers;
  End end = End::close;                      // hold: until the client closes
  std::function<void()> when_answered = {};  // after the last answer
  std::chrono::milliseconds pause{0};        // before each byte of an answer; zero: all bytes at once
};

class RawServer {
 public:
  RawServer() : listener_(listen_on_loopback(port_)) {
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int connection : open_) shutdown(connection, SHUT_RDWR);
    }
    for (auto& worker : workers_) worker.join();
    close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  // Sets the script of the next connection. A connection without a script is closed.
  void expect(Script script) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back(std::move(script));
  }
  // The heads of the requests that arrived.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void accept_all() {
    while (true) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      const std::lock_guard lock(mutex_);
      ++connections_;
      open_.insert(connection);
      Script script;
      if (!scripts_.empty()) {
        script = std::move(scripts_.front());
        scripts_.pop_front();
      }
      workers_.emplace_back([this, connection, script = std::move(script)] { serve(connection, script); });
    }
  }

  void serve(int connection, const Script& script) {
    for (const auto& answer : script.answers) {
      if (!read_request(connection)) break;
      const size_t piece = script.pause > 0ms ? 1 : answer.size();
      for (size_t sent = 0; sent < answer.size();) {
        pollfd closing{connection, POLLRDHUP, 0};
        if (script.pause > 0ms && poll(&closing, 1, static_cast<int>(script.pause.count())) > 0) break;
        const auto n =
            send(connection, answer.data() + sent, std::min(piece, answer.size() - sent), MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<size_t>(n);
      }
    }
    if (script.when_answered) script.when_answered();
    char byte = 0;
    if (script.end == Script::End::hold) static_cast<void>(recv(connection, &byte, 1, 0));
    if (script.end == Script::End::reset) {
      const linger none{1, 0};
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    }
    const std::lock_guard lock(mutex_);
    open_.erase(connection);
    close(connection);
  }

  bool read_request(int connection) {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (recv(connection, &byte, 1, 0) != 1) return false;
      head.push_back(byte);
    }
    const std::lock_guard lock(mutex_);
    requests_.push_back(head);
    return true;
  }

  uint16_t port_ = 0;  // before the listener, which sets it
  int listener_;
  mutable std::mutex mutex_;
  std::deque<Script> scripts_;
  std::vector<std::string> requests_;
  std::set<int> open_;
  int connections_ = 0;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

std::string ok(const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
         body;
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// "hello, compressed", and ten thousand zero bytes, as gzip.
const auto gzip_hello =
    from_hex("1f8b08000000000002ffcb48cdc9c9d75148cecf2d284a2d2e4e4d0100127e197811000000");
const auto gzip_zeros =
    from_hex("1f8b08000000000002ffedc1010d000000c2a0f74f6d0e37a0000000000000000000e0df002eca3b4d10270000");

class CurlTransport : public testing::Test {
 protected:
  CurlTransport() {
    setenv("no_proxy", "*", 1);
    options_.base_url = server_.url();
    options_.headers = {"X-Token: s3cret", "Accept: application/json"};
    options_.user_agent = "tapster-test/1.0";
    options_.schemes = {"http"};
    options_.stall_timeout = 60s;
  }
  ~CurlTransport() override {
    for (const auto& message : messages_) EXPECT_EQ(message.find("s3cret"), std::string::npos) << message;
    // The transport itself logs only slow responses.
    for (const auto& log : fake_.logs()) EXPECT_NE(log.message.find("slow response"), std::string::npos);
  }

  Result<HttpResponse> get(const std::string& url) { return send({Method::get, Target("/")}, url); }
  Result<HttpResponse> send(const HttpRequest& request, const std::string& url) {
    if (!transport_) transport_ = *curl_transport(fake_.host(), options_, slow_);
    auto response = transport_(request, url);
    if (!response) messages_.push_back(response.error().message);
    return response;
  }
  Result<HttpResponse> get() { return get(server_.url() + "/path?q=1"); }

  // Makes a request, which must fail with this script.
  Error error_of(Script script) {
    server_.expect(std::move(script));
    const auto response = get();
    EXPECT_FALSE(response);
    return response ? Error{} : response.error();
  }

  FakeHost fake_;
  RawServer server_;
  HttpOptions options_;
  SlowAnswers slow_;
  HttpTransport transport_;
  std::vector<std::string> messages_;
};

TEST_F(CurlTransport, ReturnsTheCompleteResponse) {
  server_.expect({{ok("{\"a\":1}", "Content-Type: application/json; charset=utf-8\r\n")}});
  const auto response = get();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "{\"a\":1}");
  EXPECT_EQ(response->content_type, "application/json; charset=utf-8");
  EXPECT_EQ(response->retry_after, std::nullopt);
  EXPECT_EQ(response->redirect, "");
  EXPECT_EQ(response->bytes_received, 7);
}

TEST_F(CurlTransport, SendsTheHeadersWithEachRequest) {
  server_.expect({{ok("a"), ok("b")}});
  ASSERT_TRUE(get());
  ASSERT_TRUE(get());
  ASSERT_EQ(server_.requests().size(), 2U);
  for (const auto& request : server_.requests()) {
    EXPECT_TRUE(request.starts_with("GET /path?q=1 HTTP/1.1\r\n")) << request;
    for (const auto* header :
         {"X-Token: s3cret", "Accept: application/json", "User-Agent: tapster-test/1.0"}) {
      EXPECT_NE(request.find("\r\n"s + header + "\r\n"), std::string::npos) << request;
    }
    EXPECT_NE(request.find("gzip"), std::string::npos) << request;
  }
}

TEST_F(CurlTransport, SendsABodyAndItsOwnHeaders) {
  server_.expect({{ok("a"), ok("b"), ok("c")}});
  const auto url = server_.url() + "/search";
  const Target target("/search");
  ASSERT_TRUE(send(HttpRequest::json(Method::post, target, {{"q", "é"}}), url));
  ASSERT_TRUE(send(HttpRequest::form(Method::put, target, {{"a b", "1&2"}, {"c", ""}}), url));
  ASSERT_TRUE(get(url)) << "the same connection, after requests with a body";
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3U);
  // The server does not wait for bodies: each is found before the next request.
  EXPECT_TRUE(requests[0].starts_with("POST /search HTTP/1.1\r\n")) << requests[0];
  EXPECT_NE(requests[0].find("\r\nContent-Type: application/json\r\n"), std::string::npos) << requests[0];
  EXPECT_NE(requests[0].find("\r\nContent-Length: 10\r\n"), std::string::npos) << requests[0];
  EXPECT_NE(requests[0].find("\r\nX-Token: s3cret\r\n"), std::string::npos) << requests[0];
  EXPECT_TRUE(requests[1].starts_with("{\"q\":\"é\"}PUT /search HTTP/1.1\r\n")) << requests[1];
  EXPECT_TRUE(requests[2].starts_with("a%20b=1%262&c=GET /search HTTP/1.1\r\n")) << requests[2];
  EXPECT_EQ(requests[2].find("Content-"), std::string::npos) << requests[2];
}

TEST_F(CurlTransport, ReturnsTheHeadersOfTheLastResponse) {
  server_.expect({{"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" +
                   ok("a", "X-RateLimit-Remaining:  0 \r\nLink: <a>\r\nLINK: <b>\r\n")}});
  const auto response = get();
  ASSERT_TRUE(response) << response.error().message;
  ASSERT_NE(response->header("x-ratelimit-remaining"), nullptr);
  EXPECT_EQ(*response->header("x-ratelimit-remaining"), "0");
  EXPECT_EQ(*response->header("link"), "<a>");
  EXPECT_EQ(response->header("x-interim"), nullptr);
}

// A test of requests through a proxy: the server of the test.
class CurlProxy : public CurlTransport {
 protected:
  CurlProxy() {
    unsetenv("no_proxy");
    const auto with_password = "http://user:s3cret@" + address();
    for (const auto* name : {"http_proxy", "HTTPS_PROXY"}) setenv(name, with_password.c_str(), 1);
    options_.schemes = {"http", "https"};
  }
  ~CurlProxy() override {
    for (const auto* name : {"http_proxy", "HTTPS_PROXY"}) unsetenv(name);
  }
  [[nodiscard]] std::string address() const { return server_.url().substr(7); }
  std::string error(const std::string& url) {
    const auto response = get(url);
    EXPECT_FALSE(response);
    return response ? "" : response.error().message;
  }
};

TEST_F(CurlProxy, ThatWantsCredentialsIsNamedWithItsVariable) {
  for (int i = 0; i < 2; ++i) server_.expect({{"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"}});
  EXPECT_EQ(error("http://api.invalid/a"),
            "the proxy " + address() +
                " of http_proxy requires credentials (407): set the variable to "
                "http://USER:PASSWORD@" +
                address());
  EXPECT_EQ(error("https://api.invalid/a"),
            "the proxy " + address() +
                " of HTTPS_PROXY requires credentials (407): set the variable to "
                "http://USER:PASSWORD@" +
                address());
  EXPECT_TRUE(server_.requests().at(1).starts_with("CONNECT api.invalid:443 "));
}

TEST_F(CurlProxy, ThatIsNotAUrlIsAnErrorWithoutItsPassword) {
  for (const auto* value : {"http://user:s3cret word@proxy.invalid", "foo://user:s3cret@proxy.invalid",
                            "http://user:s3c/ret@proxy.invalid:1", "http://user:12/s3cret@127.0.0.1"}) {
    setenv("http_proxy", value, 1);
    const auto response = get("http://api.invalid/a");
    ASSERT_FALSE(response) << value;
    EXPECT_EQ(response.error().message.find("s3c"), std::string::npos) << response.error().message;
    EXPECT_EQ(response.error().message.find("12"), std::string::npos) << response.error().message;
    EXPECT_NE(response.error().message.find("of http_proxy"), std::string::npos) << response.error().message;
  }
}

TEST_F(CurlProxy, IsNamedInAFailureOfTheConnection) {
  server_.expect({{"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"}});
  const auto failed = error("https://api.invalid/a");
  EXPECT_TRUE(failed.ends_with(" (through the proxy " + address() + " of HTTPS_PROXY)")) << failed;
}

TEST_F(CurlProxy, IsNotNamedForAHostThatNeedsNone) {
  setenv("no_proxy", "example.com, .127.0.0.1", 1);
  server_.expect({{"garbage\r\n\r\n"}});
  EXPECT_EQ(error(server_.url()).find("proxy"), std::string::npos);
}

TEST_F(CurlTransport, AnErrorStatusIsNotAnError) {
  server_.expect({{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nlate"}});
  const auto response = get();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "late");
}

TEST_F(CurlTransport, ReusesAConnection) {
  server_.expect({{ok("a"), "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", ok("c")}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get());
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(CurlTransport, ReconnectsIfTheServerClosedAnIdleConnection) {
  server_.expect({{ok("a")}});
  server_.expect({{ok("b")}});
  ASSERT_TRUE(get());
  const auto second = get();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body, "b");
}

TEST_F(CurlTransport, AFailureDoesNotAffectTheNextRequest) {
  EXPECT_EQ(error_of({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}}).status, Status::transient);
  server_.expect({{ok("whole")}});
  const auto response = get();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "whole") << "contains nothing of the failed response";
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(CurlTransport, EachThreadHasItsOwnConnection) {
  constexpr int threads = 4;
  constexpr int each = 20;
  const std::string body(100'000, 'x');
  for (int i = 0; i < threads; ++i)
    server_.expect({std::vector(threads * each, ok(body)), Script::End::hold});
  transport_ = *curl_transport(fake_.host(), options_, slow_);
  std::atomic<int> good = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (int n = 0; n < each; ++n) {
        const auto response = transport_({Method::get, Target("/")}, server_.url() + "/");
        if (response && response->body == body) ++good;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(good, threads * each);
  EXPECT_LE(server_.connections(), threads);
}

TEST_F(CurlTransport, DecompressesTheBody) {
  server_.expect({{ok(gzip_hello, "Content-Encoding: gzip\r\n")}});
  const auto response = get();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "hello, compressed");
  EXPECT_EQ(response->bytes_received, static_cast<int64_t>(gzip_hello.size()));
}

// A way in which a connection or a response fails. All of them are transient.
struct Failure {
  const char* name;
  Script script;
  friend void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.name; }
};

class CurlTransportFailure : public CurlTransport, public testing::WithParamInterface<Failure> {};

TEST_P(CurlTransportFailure, IsTransient) {
  const auto error = error_of(GetParam().script);
  EXPECT_EQ(error.status, Status::transient) << error.message;
  EXPECT_FALSE(error.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Answers, CurlTransportFailure,
    testing::Values(
        Failure{"ClosedWithoutAResponse", {}}, Failure{"ClosedAfterTheRequest", {{""}}},
        Failure{"ResetBeforeTheResponse", {{""}, Script::End::reset}},
        Failure{"ResetInTheBody", {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, Script::End::reset}},
        Failure{"TruncatedBody", {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}}},
        Failure{"NoBody", {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"}}},
        Failure{"TruncatedChunk", {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"}}},
        Failure{"LastChunkMissing", {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}}},
        Failure{"ChunkWithoutASize",
                {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhalf\r\n"}}},
        Failure{"NotHttp", {{"SSH-2.0-OpenSSH_9.2\r\nwhat do you want?\r\n"}}},
        Failure{"NotGzip", {{ok("this is not gzip", "Content-Encoding: gzip\r\n")}}},
        Failure{"TruncatedGzip",
                {{"HTTP/1.1 200 OK\r\nContent-Length: 37\r\nContent-Encoding: gzip\r\n\r\n" +
                  gzip_hello.substr(0, 20)}}},
        Failure{"DamagedGzip",
                {{ok(gzip_hello.substr(0, 29) + "\xff\xff\xff\xff" + gzip_hello.substr(33),
                     "Content-Encoding: gzip\r\n")}}}),
    [](const auto& failure) { return std::string(failure.param.name); });

TEST_F(CurlTransport, AbortsAStalledResponse) {
  options_.stall_timeout = 1s;
  const auto error = error_of({{""}, Script::End::hold});
  EXPECT_EQ(error.status, Status::transient) << error.message;
}

TEST_F(CurlTransport, AbortsAResponseThatIsTooSlow) {
  slow_.lowest_rate = 1'000'000;
  slow_.window = 100ms;
  const auto error = error_of({.answers = {ok(std::string(100'000, 'x'))}, .pause = 5ms});
  EXPECT_EQ(error.status, Status::transient);
  EXPECT_TRUE(error.message.starts_with("the response is too slow: ")) << error.message;
  EXPECT_TRUE(error.message.ends_with(", less than 1000000 bytes a second")) << error.message;
}

TEST_F(CurlTransport, LogsASlowResponse) {
  slow_.lowest_rate = 1;
  slow_.log_after = 50ms;
  server_.expect({.answers = {ok(std::string(40, 'x'))}, .pause = 5ms});
  const auto response = get();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, std::string(40, 'x'));
  const auto logs = fake_.logs();
  ASSERT_FALSE(logs.empty());
  EXPECT_EQ(logs.front().level, TAPSTER_LOG_WARNING);
  EXPECT_TRUE(logs.front().message.starts_with("/path?q=1: slow response: ")) << logs.front().message;
  // The time between two lines doubles: 50 ms, 100, 200 and so on, up to a minute on a busy machine.
  EXPECT_LE(logs.size(), 11U);
}

TEST_F(CurlTransport, ACancelEndsAStalledResponse) {
  const auto error = error_of(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, Script::End::hold, [this] { fake_.cancel(); }});
  EXPECT_EQ(error.status, Status::cancelled);
}

TEST_F(CurlTransport, ARefusedConnectionIsTransientAndNamesTheAddress) {
  std::string url;
  {
    const RawServer gone;
    url = gone.url();
  }
  const auto response = get(url + "/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().status, Status::transient);
  EXPECT_TRUE(response.error().message.starts_with("no connection: ")) << response.error().message;
  EXPECT_NE(response.error().message.find("127.0.0.1"), std::string::npos) << response.error().message;
}

TEST_F(CurlTransport, AcceptsABodyOfTheMaximumSize) {
  options_.max_body_size = 1000;
  server_.expect({{ok(std::string(1000, 'x'))}});
  EXPECT_TRUE(get());
}

TEST_F(CurlTransport, ABodyAboveTheMaximumSizeIsASourceError) {
  options_.max_body_size = 1000;
  const std::string large(1001, 'x');
  for (const auto& answer :
       {ok(large), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + large,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + large + "\r\n0\r\n\r\n",
        ok(gzip_zeros, "Content-Encoding: gzip\r\n")}) {
    const auto error = error_of({{answer}});
    EXPECT_EQ(error.status, Status::source);
    EXPECT_EQ(error.message, "the response is larger than 1000 bytes");
  }
}

TEST_F(CurlTransport, HeadersThatAreTooLongAreNotTakenForTheBody) {
  std::string headers;
  for (int i = 0; i < 30; ++i) headers += "X-More: " + std::string(10'000, 'x') + "\r\n";
  const auto error = error_of({{ok("{}", headers)}});
  EXPECT_EQ(error.status, Status::source);
  EXPECT_EQ(error.message, "the headers of the response are longer than 256 KiB");
}

// ---- Bodies in pieces

class CurlStream : public CurlTransport {
 protected:
  // Requests with a sink that appends to `taken_`.
  Result<HttpResponse> stream(std::function<Result<void>(std::string_view)> take = {}) {
    HttpRequest request{Method::get, Target("/")};
    request.sink = {.begin = [this] { taken_.clear(); },
                    .take = [this, take = std::move(take)](std::string_view piece) -> Result<void> {
                      taken_ += piece;
                      ++pieces_;
                      return take ? take(piece) : Result<void>();
                    }};
    return send(request, server_.url() + "/path?q=1");
  }

  std::string taken_;
  int pieces_ = 0;
};

TEST_F(CurlStream, ALargeBodyGoesToTheSink) {
  options_.max_body_size = 1'000;
  const std::string large(3'000'000, 'x');
  server_.expect({{ok(large), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ok("small")}});
  const auto response = stream();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(taken_, large);
  EXPECT_GT(pieces_, 10);
  EXPECT_TRUE(response->is_streamed);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->bytes_received, 3'000'000);
  ASSERT_TRUE(stream());
  EXPECT_EQ(taken_, "");
  EXPECT_EQ(get()->body, "small") << "the same connection, without a sink";
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(CurlStream, TheBodyIsDecompressed) {
  server_.expect({{ok(gzip_hello, "Content-Encoding: gzip\r\n")}});
  ASSERT_TRUE(stream());
  EXPECT_EQ(taken_, "hello, compressed");
}

TEST_F(CurlStream, TheBodyOfAnErrorDoesNot) {
  server_.expect({{"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"}});
  const auto response = stream();
  ASSERT_TRUE(response);
  EXPECT_FALSE(response->is_streamed);
  EXPECT_EQ(response->body, "busy");
  EXPECT_EQ(taken_, "");
}

TEST_F(CurlStream, ACutBodyIsTransient) {
  server_.expect({{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}});
  const auto response = stream();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().status, Status::transient);
  EXPECT_EQ(taken_, "half");
  EXPECT_EQ(fake_.counter("bytes_received"), 4);
}

TEST_F(CurlStream, AnErrorOfTheSinkEndsTheResponse) {
  server_.expect({{ok("hello")}});
  const auto response = stream([](std::string_view) -> Result<void> { return source_error("too salty"); });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().status, Status::source);
  EXPECT_EQ(response.error().message, "too salty");
  server_.expect({{ok("hello")}});
  EXPECT_THROW(
      static_cast<void>(stream([](std::string_view) -> Result<void> { throw std::range_error("!"); })),
      std::range_error);
}

// The sink blocks for longer than a response may stall, and than a window of its pace: with that time, the
// pace would be below 200,000 bytes a second.
TEST_F(CurlStream, TheTimeOfTheSinkIsNoStall) {
  options_.stall_timeout = 1s;
  slow_ = {.lowest_rate = 1'000'000, .window = 1s};
  server_.expect({{ok(std::string(400'000, 'x'))}});
  bool has_blocked = false;
  const auto response = stream([&](std::string_view) -> Result<void> {
    if (!std::exchange(has_blocked, true)) std::this_thread::sleep_for(2'100ms);
    return {};
  });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(taken_.size(), 400'000U);
}

TEST_F(CurlStream, AStalledResponseIsTransient) {
  options_.stall_timeout = 1s;
  server_.expect({{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}, Script::End::hold});
  const auto response = stream();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().status, Status::transient);
  EXPECT_EQ(response.error().message, "the response stalled: no byte arrived for 1 s");
}

TEST_F(CurlStream, ACancelEndsIt) {
  server_.expect({{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}, Script::End::hold});
  const auto response = stream([this](std::string_view) -> Result<void> {
    fake_.cancel();
    return {};
  });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().status, Status::cancelled);
}

TEST_F(CurlTransport, AForeignUrlGetsNoHeadersOfTheClient) {
  server_.expect({{ok("a"), ok("b"), ok("c")}});
  HttpRequest request{Method::get, Target("/")};
  request.url = server_.url() + "/signed?signature=1";
  request.is_foreign = true;
  ASSERT_TRUE(send(request, request.url));
  request.headers = {"X-Own: 1"};
  ASSERT_TRUE(send(request, request.url));
  ASSERT_TRUE(get());
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].find("s3cret"), std::string::npos);
  EXPECT_EQ(requests[1].find("s3cret"), std::string::npos);
  EXPECT_NE(requests[1].find("X-Own: 1"), std::string::npos);
  EXPECT_NE(requests[2].find("s3cret"), std::string::npos);
}

TEST_F(CurlTransport, DoesNotFollowARedirectOrShowItsSecrets) {
  server_.expect(
      {{"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
        "Location: http://user:hunter2@127.0.0.1:1/other?token=hunter2\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: /elsewhere\r\n\r\n"}});
  const auto absolute = get();
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->status, 302);
  EXPECT_EQ(absolute->redirect, "http://127.0.0.1:1");
  const auto relative = get();
  ASSERT_TRUE(relative);
  EXPECT_EQ(relative->redirect, server_.url());
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(CurlTransport, ReadsRetryAfter) {
  const std::vector<std::pair<std::string, std::optional<std::chrono::milliseconds>>> cases = {
      {"Retry-After: 7\r\n", 7s},
      {"Retry-After: 0\r\n", std::nullopt},
      {"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", std::nullopt},
      {"Retry-After: soon\r\n", std::nullopt},
      {"Retry-After: -5\r\n", std::nullopt},
      {"Retry-After: 9223372036854775807\r\n", 24h},
      {"", std::nullopt}};
  Script script;
  for (const auto& [header, expected] : cases) {
    script.answers.push_back("HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n" + header + "\r\n");
  }
  server_.expect(script);
  for (const auto& [header, expected] : cases) {
    const auto response = get();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->retry_after, expected) << header;
  }
}

TEST_F(CurlTransport, AForbiddenUrlIsAConfigError) {
  for (const auto* url : {"ftp://127.0.0.1/", "https://127.0.0.1/", "file:///etc/passwd",
                          "http://user:word@127.0.0.1/", "http://127.0.0.1:99999/"}) {
    const auto response = get(url);
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().status, Status::config) << url << ": " << response.error().message;
  }
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(CurlTransport, TheClientRetriesAndNamesTheUrl) {
  server_.expect({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}});
  server_.expect({{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}});
  FakeHost fake;
  options_.base_url += "/v1//";
  const auto client = HttpClient::create(fake.host(), options_);
  ASSERT_TRUE(client) << client.error().message;
  const auto got = (*client)->get(Target("/things"), [](HttpResponse&) -> Result<void> { return {}; });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, server_.url() + "/v1/things: HTTP 404");
  EXPECT_EQ(fake.counter("requests"), 2);
  EXPECT_EQ(fake.counter("bytes_received"), 4);
  ASSERT_EQ(fake.logs().size(), 3U) << "two requests and a retry";
  for (const auto& log : fake.logs()) EXPECT_EQ(log.message.find("s3cret"), std::string::npos);
}

// The config error for this base_url; empty if it is accepted.
std::string refusal(const std::string& base_url, std::vector<std::string> schemes = {"https"}) {
  FakeHost fake;
  HttpOptions options;
  options.base_url = base_url;
  options.schemes = std::move(schemes);
  const auto client = HttpClient::create(fake.host(), std::move(options));
  if (client) return {};
  EXPECT_EQ(client.error().status, Status::config);
  return client.error().message;
}

TEST(HttpBaseUrl, IsAnAbsoluteUrlOfAnAllowedScheme) {
  for (const auto* good :
       {"https://api.example.com", "https://api.example.com/", "https://api.example.com:8443/v1",
        "https://[::1]:8443", "HTTPS://api.example.com"}) {
    EXPECT_EQ(refusal(good), "");
  }
  EXPECT_EQ(refusal("http://localhost:8080", {"https", "http"}), "");
}

TEST(HttpBaseUrl, AnInvalidUrlIsAnErrorThatSaysWhatIsExpected) {
  EXPECT_EQ(
      refusal("http://api.example.com"),
      R"(the base URL "http://api.example.com" has an unsupported scheme; expected a URL that starts with https://)");
  EXPECT_EQ(
      refusal("ftp://api.example.com", {"https", "http"}),
      R"(the base URL "ftp://api.example.com" has an unsupported scheme; expected a URL that starts with https:// or http://)");
  for (const auto* bad : {"", "api.example.com", "/v1", "https://", "https://:8443", "https://a b",
                          "nonsense://x", "https://api.example.com:port", "https://api.example.com?x=1",
                          "https://api.example.com/?", "https://api.example.com/#top"}) {
    EXPECT_NE(refusal(bad).find("expected a URL that starts with https://"), std::string::npos) << bad;
  }
}

TEST(HttpBaseUrl, RejectsAPasswordWithoutShowingIt) {
  for (const auto* bad : {"https://user:hunter2@api.example.com", "http://user:hunter2@api.example.com",
                          "https://hunter2@", "hunter2@api.example.com"}) {
    const auto message = refusal(bad);
    EXPECT_NE(message, "");
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
}

TEST(HttpHeaders, RejectsALineBreakWithoutShowingTheValue) {
  FakeHost fake;
  HttpOptions options;
  options.base_url = "https://api.example.com";
  options.headers = {"X-Token: s3cret\r\nX-Other: 1"};
  const auto client = HttpClient::create(fake.host(), std::move(options));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().status, Status::config);
  EXPECT_EQ(client.error().message, "the value of the header X-Token contains a line break");
}

}  // namespace
}  // namespace tapster
