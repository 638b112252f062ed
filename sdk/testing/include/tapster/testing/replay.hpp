// Replays what a run with TAPSTER_RECORD has recorded, as a server on loopback.
//
//     Replay replay("recorded/first-sync");
//     FakeHost host;
//     host.hold_now(replay.now());
//     const auto synced = sync_streams(hello(), {{"token", "any"}, {"base_url", replay.url()}}, host);
//     EXPECT_EQ(replay.unexpected(), std::vector<std::string>());
#pragma once

#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <tapster/testing/http_server.hpp>
#include <tapster/time.hpp>
#include <vector>

namespace tapster {

// Responds to each request as it was recorded, by its method, target and body. The responses to equal
// requests are given in turn, and the last one is repeated. Where a secret was removed from a request, any
// text matches. In the responses, the recorded hosts are replaced by this server, so that links lead here.
//
// Every member may be called from any thread.
class Replay {
 public:
  // Reads the files of a directory. Throws std::runtime_error, with the file's name, if there is none or one
  // is not a recorded exchange.
  explicit Replay(const std::filesystem::path& directory);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // "http://127.0.0.1:PORT", which stands for the scheme, host and port of the recorded URLs: their paths are
  // below it.
  [[nodiscard]] std::string url() const { return server_.url(); }
  // The time of the recorded run, at which its clock stood still: see FakeHost::hold_now. The program takes
  // it from TAPSTER_NOW.
  [[nodiscard]] Time now() const { return now_; }
  // The requests so far, each as "GET /items?page=1".
  [[nodiscard]] std::vector<std::string> log() const;
  // Those that were not recorded, each as "GET /items?page=3"; a test expects it to be empty. Their response
  // is a 400.
  [[nodiscard]] std::vector<std::string> unexpected() const;

 private:
  struct Exchange {
    std::string method, target, body;  // with "***" for any text
    std::deque<HttpServer::Response> responses;
  };

  void add(const std::filesystem::path& file);
  HttpServer::Response respond(const HttpServer::Request& request);

  std::vector<std::string> origins_;  // constant, as the time is
  Time now_{};
  mutable std::mutex mutex_;  // of what follows
  std::vector<Exchange> exchanges_;
  std::vector<std::string> log_, unexpected_;
  HttpServer server_;  // last, as it uses the others
};

}  // namespace tapster
