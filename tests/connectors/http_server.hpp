// An HTTP server on loopback, for the APIs that the connectors here read. A function makes its responses.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tapster::connectors {

struct Request {
  std::string method;                        // "GET"
  std::string target;                        // as it was sent
  std::string path;                          // of the target, decoded
  std::map<std::string, std::string> query;  // decoded
  std::string authorization;                 // the header
  std::string body;
  std::map<std::string, std::string> form;  // the fields of a body of that type, decoded
  // A parameter of the query; empty if it is absent.
  [[nodiscard]] std::string parameter(const std::string& name) const;
};

struct Response {
  int status = 200;
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  bool is_cut = false;  // half of the body is sent; then the connection is closed
};

// Listens on a free port of 127.0.0.1 from its construction to its destruction, with one thread per
// connection.
class HttpServer {
 public:
  // `respond` is called on the connections' threads, several at once.
  explicit HttpServer(std::function<Response(const Request&)> respond);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] uint16_t port() const;

 private:
  struct Sockets;
  void accept();
  void serve(int number);

  std::function<Response(const Request&)> respond_;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace tapster::connectors
