// An API with scripted responses, for tests of connectors.
//
//     ScriptedServer server;
//     server.answer("GET", "/items?page=1", {.body = R"([{"id":1}])"});
//     server.answer("GET", "/items?page=2", {.body = "[]"});
//     server.fail("GET", "/items?page=2", Fault::cut_off);  // the first time
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/http.hpp>
#include <tapster/testing/http_server.hpp>
#include <vector>

namespace tapster {

// Every member may be called from any thread.
class Script {
 public:
  using Request = HttpServer::Request;
  using Response = HttpServer::Response;

  Script() = default;
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  // Adds a response to requests of this method and target, such as "GET" and "/items?page=1". The responses
  // to one target are given in turn, and the last one is repeated. A target without a query is for every
  // query that has no responses of its own. A response without a Content-Type is application/json.
  void answer(const std::string& method, const std::string& target, Response response);
  // The same for requests with this body only. They come before those for any body.
  void answer(const std::string& method, const std::string& target, const std::string& body,
              Response response);
  // Lets the next request of this method and target end in a fault: the response that it would get is sent
  // with the fault, and again with the request after it, without. Several faults come one after the other.
  void fail(const std::string& method, const std::string& target, Fault fault);

  // The response to a request. One that has no response is a 400, and is in `unexpected`.
  Response respond(const Request& request);

  // All requests, in order.
  [[nodiscard]] std::vector<Request> requests() const;
  // The same, each as "GET /items?page=1".
  [[nodiscard]] std::vector<std::string> log() const;
  // The requests that had no response, each as "GET /items?page=3"; a test expects it to be empty.
  [[nodiscard]] std::vector<std::string> unexpected() const;
  // Forgets the requests, but not the responses.
  void clear_log();
  // Forgets the responses and the faults too.
  void clear();

  // Responds to the requests of an HttpClient without a server. A request without a response is an internal
  // error, and so is one of a URL that does not begin with `base_url`. Faults without a complete response are
  // transient errors. The script must outlive the transport.
  HttpTransport transport(std::string base_url);

 private:
  std::optional<Response> find(const Request& request);
  std::deque<Response>* responses_to(const Request& request);
  Fault next_fault(const Request& request);

  mutable std::mutex mutex_;                               // of all that follows
  std::map<std::string, std::deque<Response>> responses_;  // by method, target and, if it matters, body
  std::map<std::string, std::deque<Fault>> faults_;        // by method and target
  std::vector<Request> requests_;
  std::vector<std::string> unexpected_;
};

// The same as a server on loopback.
class ScriptedServer : public Script {
 public:
  ScriptedServer() : server_([this](const Request& request) { return respond(request); }) {}
  // "http://127.0.0.1:PORT".
  [[nodiscard]] std::string url() const { return server_.url(); }

 private:
  HttpServer server_;  // last, as it uses the script
};

}  // namespace tapster
