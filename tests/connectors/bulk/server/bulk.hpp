// A service with asynchronous exports, and its object store on another port. It prepares a file row by row
// while it is downloaded, so a file may have any size.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tapster::connectors {

class BulkServer {
 public:
  static constexpr const char* token = "bulk-token";
  static constexpr const char* signature = "s1gned";  // in the URLs of downloads

  // Each file has these rows, numbered from 1.
  explicit BulkServer(int64_t rows);
  ~BulkServer();
  BulkServer(const BulkServer&) = delete;
  BulkServer& operator=(const BulkServer&) = delete;

  [[nodiscard]] std::string base_url() const;
  // The URL of a file that needs no export.
  [[nodiscard]] std::string file_url();
  [[nodiscard]] int64_t file_size() const;

  // Called for each request, such as "GET /exports/1", with its number; may give another response.
  using OnRequest = std::function<std::optional<std::string>(const std::string& request, int number)>;
  void on_request(OnRequest hook);
  // Called before each piece of a download, with the bytes that were sent; false breaks the connection off.
  using OnPiece = std::function<bool(int64_t sent)>;
  void on_piece(OnPiece hook);

  [[nodiscard]] std::vector<std::string> requests() const;
  // How often this was requested.
  [[nodiscard]] int64_t count(std::string_view request) const;
  // Forgets the exports that were created.
  void lose_exports();
  // The next export fails.
  void fail_next();
  // The URLs that were given so far expire.
  void expire_urls();

  // A response as it is sent.
  static std::string response(std::string_view status, std::string_view body, std::string_view headers = {});

 private:
  struct Listener {
    int descriptor;
    uint16_t port;
    std::thread thread;
  };
  std::string url_of(int file);
  Listener listen(bool is_store);
  void serve(int connection, bool is_store);
  std::string respond(const std::string& request, const std::string& head, const std::string& body);
  bool send_file(int connection);

  const int64_t rows_;
  mutable std::mutex mutex_;
  OnRequest on_request_;
  OnPiece on_piece_;
  std::vector<std::string> requests_;
  std::map<int, int> polls_;  // of the exports that exist
  int exports_ = 0;
  int urls_ = 0;       // the number of the newest URL that has not expired
  int url_floor_ = 0;  // URLs up to this one have expired
  bool fails_next_ = false;
  std::set<int> failed_;
  bool is_stopping_ = false;
  std::set<int> open_;
  std::vector<std::thread> connections_;
  Listener api_, store_;
};

// When a row changed: one changes each second.
std::string row_time(int64_t number);
// A row of the file, which has the same size for every number.
std::string csv_row(int64_t number);

}  // namespace tapster::connectors
