// Keeps the HTTP exchanges of a source as files, so that tests can replay them. For development: the files
// have the account's data.
#pragma once

#include <tapster/connector.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <tapster/http.hpp>
#include <tapster/json.hpp>
#include <vector>

namespace tapster {

// A source's recorder, and the host of that source: it passes everything on to the real host, and notes the
// secrets that the connector announces. Its clock stands still, so that a replay makes the same requests.
//
// A response may have a secret that the connector announces only later, such as an access token, or the
// tokens of a list that is read first. So exchanges wait in memory until the source is closed, or until there
// are too many: then the oldest are written.
//
// Every member may be called from any thread.
class Recorder {
 public:
  // The directory that the environment variable TAPSTER_RECORD names; empty if nothing is to be recorded.
  static std::filesystem::path wanted();
  // Makes the directory if it is missing. `schema` says which members of the config are secret. `host` must
  // outlive the recorder. Bodies of `most_waiting` bytes wait at most. Errors: config, if the directory
  // cannot be made, or the host cannot take secrets.
  static Result<std::unique_ptr<Recorder>> create(const std::filesystem::path& directory,
                                                  const tapster_host* host, const json::object& schema,
                                                  const json::object& config,
                                                  std::size_t most_waiting = default_most_waiting);
  // Writes what has not been written.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // The host to open the source with.
  [[nodiscard]] const tapster_host* host() const { return &table_; }

 private:
  struct Exchange {
    Method method = Method::get;
    std::string url, body;
    HttpResponse response;
    [[nodiscard]] std::size_t size() const { return body.size() + response.body.size(); }
  };

  static constexpr std::size_t default_most_waiting = std::size_t{64} << 20U;

  Recorder(const tapster_host* host, std::filesystem::path directory, std::size_t most_waiting);
  static int64_t now(void* self);
  void hide(std::string_view secret);
  [[nodiscard]] std::string hidden(std::string text) const;
  [[nodiscard]] std::string text_of(const Exchange& exchange) const;
  // Keeps an exchange. Writes the oldest, if too many bytes wait. Errors: config.
  Result<void> keep(Exchange exchange);
  Result<void> write(const Exchange& exchange);
  Result<HttpResponse> send(const HttpTransport& transport, const HttpRequest& request,
                            const std::string& url);

  friend HttpTransport recorded(Host host, HttpTransport transport);

  const tapster_host* host_;
  const std::filesystem::path directory_;
  const std::size_t most_waiting_;
  const int64_t now_;
  tapster_host table_{};
  std::atomic<int> number_ = 0;  // of the newest file

  mutable std::mutex mutex_;        // of what follows
  std::vector<std::string> forms_;  // of the secrets
  std::deque<Exchange> waiting_;    // to be written, in the order of the responses
  std::size_t waiting_bytes_ = 0;
};

// Records the exchanges of a transport, if the source of this host is recorded; otherwise returns the
// transport itself.
HttpTransport recorded(Host host, HttpTransport transport);

}  // namespace tapster
