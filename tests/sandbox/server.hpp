// The sandbox as an HTTP server on loopback, with faults on demand.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lies.hpp"
#include "servers.hpp"

namespace tapster::sandbox {

// A fault that some requests meet instead of a response.
struct Fault {
  enum class Kind {
    status,     // a response of this status, with Retry-After if it is set
    html,       // a proxy's page with this status
    reset,      // the connection is reset before the response
    truncated,  // half of the body, then the connection is closed
    malformed,  // the body with a piece of it missing, with status 200
    empty,      // no body, with status 200
    stall,      // no response, until the client disconnects or the server ends
    lie,        // a wrong response, see lies.hpp
  } kind = Kind::status;
  std::string path;       // affects targets that start with this
  std::string has = {};   // and contain this
  int every = 1;          // affects every n-th of them
  int times = 1'000'000;  // the maximum number of times
  int status = 503;
  int code = 0;             // the ErrorCode of its body
  std::string retry_after;  // seconds or a date; empty for none
  std::string token;        // affects requests with this server token; empty for any
  Lie lie{};
};

// Parses a fault such as "/stats:every=2:reset" or
// "PATH:every=7:times=3:token=TOKEN:status=429:retry-after=1". The effect is a KIND, a lie, or status=N with
// code=N. The lies are total=N, more=N, same-page, skips, leaves, hides, nothing, twice and
// member=NAME=VALUE. Throws std::invalid_argument.
Fault parse_fault(std::string_view text);

struct ServerOptions {
  uint16_t port = 0;                     // 0 for any free port
  std::chrono::milliseconds latency{0};  // before each response
};

// Listens on 127.0.0.1 from its construction to its destruction, with one thread per connection. Members may
// be called from any thread.
class Server {
 public:
  explicit Server(Servers servers, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] std::string base_url() const;

  void inject(Fault fault);
  void clear_faults();
  // How often each injected fault has happened, in the order of injection.
  [[nodiscard]] std::vector<int> faults_met() const;

  // The requested targets in order, including those that met a fault.
  [[nodiscard]] std::vector<std::string> requests() const;
  // Sets a function that is called with each target before the response, on the connection's thread.
  void on_request(std::function<void(const std::string& target)> observer);
  // Sets a function that is called with the body of each response, which it may change, on the connection's
  // thread.
  void on_answer(std::function<void(std::string& body)> change);
  [[nodiscard]] int connections() const { return connections_; }

 private:
  struct Sockets;
  void accept();
  void serve(int number);
  // Returns the fault that this request meets, if any.
  [[nodiscard]] std::optional<Fault> next_fault(std::string_view target, std::string_view token);

  const Servers servers_;
  const ServerOptions options_;
  uint16_t port_ = 0;
  std::unique_ptr<Sockets> sockets_;
  std::atomic<int> connections_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopping_ = false;
  struct Armed {
    Fault fault;
    int seen = 0, done = 0;
  };
  std::vector<Armed> faults_;
  std::vector<std::string> requests_;
  std::function<void(const std::string&)> observer_;
  std::function<void(std::string&)> change_;
  std::thread acceptor_;
  std::list<std::thread> threads_;  // of the connections; used by the acceptor until it has ended
};

}  // namespace tapster::sandbox
