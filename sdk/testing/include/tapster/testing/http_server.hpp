// An HTTP server on loopback for tests. A function makes its responses, and a response may be sent with a
// fault.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tapster {

// What may go wrong with one response. A connector that uses HttpClient must survive each of them: the
// request is made again.
enum class Fault {
  none,
  cut_off,            // half of the body is sent; then the connection is closed
  reset,              // no response: the connection is reset
  wrong_length,       // Content-Length says half of the body's length
  garbage,            // a complete response, but its body is half of what it should be
  drip,               // the response arrives in twenty pieces, 5 ms apart
  too_many_requests,  // 429 with "Retry-After: 1"
  server_error,       // 500
  // Half of the body, then silence until the client closes the connection. That takes
  // HttpOptions::stall_timeout of real time, 30 s unless the connector sets it.
  stall,
};

// The faults that take no time.
inline constexpr std::array quick_faults{Fault::cut_off,     Fault::reset, Fault::wrong_length,
                                         Fault::garbage,     Fault::drip,  Fault::too_many_requests,
                                         Fault::server_error};

// "cut_off". The text lives as long as the process.
const char* to_string(Fault fault);

// Listens on a port of 127.0.0.1 from its construction to its destruction, with one thread per
// connection.
class HttpServer {
 public:
  struct Request {
    std::string method;                          // "GET"
    std::string target;                          // as it was sent
    std::string path;                            // of the target, decoded
    std::map<std::string, std::string> query;    // decoded
    std::string authorization;                   // the header
    std::map<std::string, std::string> headers;  // by name in lower case
    std::string body;
    std::map<std::string, std::string> form;  // the fields of a body of that type, decoded
    // A parameter of the query; empty if it is absent.
    [[nodiscard]] std::string parameter(const std::string& name) const;
  };

  struct Response {
    int status = 200;
    std::string body = {};
    std::map<std::string, std::string> headers = {};
    Fault fault = Fault::none;
  };

  // `respond` is called on the connections' threads, several at once. If it throws an exception, the response
  // is a 500 with its text. `port`: 0 for a free one. Throws boost::system::system_error if it is in use.
  explicit HttpServer(std::function<Response(const Request&)> respond, uint16_t port = 0);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] uint16_t port() const;
  // "http://127.0.0.1:PORT".
  [[nodiscard]] std::string url() const;

 private:
  struct Sockets;
  void accept();
  void serve(int number);
  [[nodiscard]] Response response_to(const Request& request) const;

  std::function<Response(const Request&)> respond_;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace tapster
