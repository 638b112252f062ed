// The sandbox as an HTTP server on loopback, with bad weather on demand.
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

// What happens to some requests instead of an answer.
struct Fault {
  enum class Kind {
    status,     // an answer of this status, with Retry-After where that is set
    html,       // a proxy's page with this status
    reset,      // the connection is reset before the answer
    truncated,  // half of the body, then the connection is closed
    malformed,  // the body with a piece of it missing, with status 200
    empty,      // no body, with status 200
    stall,      // nothing at all, until the client goes or the server ends
    lie,        // an answer that is not true
  } kind = Kind::status;
  std::string path;       // of the requests: those that begin with it
  std::string has = {};   // and that contain this
  int every = 1;          // every so many of them
  int times = 1'000'000;  // at most
  int status = 503;
  int code = 0;             // the ErrorCode of its body
  std::string retry_after;  // seconds or a date; empty for none
  std::string token;        // of the server whose requests they are; empty for any
  Lie lie{};
};

// Reads "PATH:every=7:times=3:token=TOKEN:status=429:retry-after=1", where KIND, or status=N and code=N, says
// what happens:
// "/stats:every=2:reset". The lies are total=N, more=N, same-page, skips, leaves, hides, nothing, twice and
// member=NAME=VALUE. Throws std::invalid_argument.
Fault parse_fault(std::string_view text);

struct ServerOptions {
  uint16_t port = 0;                     // 0: any that is free
  std::chrono::milliseconds latency{0};  // before each answer
};

// Listens on 127.0.0.1 from its construction to its destruction, with a thread for each connection. Members
// may be called from any thread.
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
  // How often each fault that was injected has happened, in the order of injection.
  [[nodiscard]] std::vector<int> faults_met() const;

  // The targets asked for, in order, faults included.
  [[nodiscard]] std::vector<std::string> requests() const;
  // Calls this with each target before it is answered, on the connection's thread.
  void on_request(std::function<void(const std::string& target)> observer);
  // Calls this with the body of each answer, which it may change, on the connection's thread.
  void on_answer(std::function<void(std::string& body)> change);
  [[nodiscard]] int connections() const { return connections_; }

 private:
  struct Sockets;
  void accept();
  void serve(int number);
  // The fault that this request meets, if it meets one.
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
  std::list<std::thread> threads_;  // the connections'; the acceptor's until that has ended
};

}  // namespace tapster::sandbox
