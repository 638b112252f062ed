#include "bulk/server/bulk.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <tapster/time.hpp>
#include <utility>

namespace tapster::connectors {

namespace {

constexpr std::string_view header = "Id,Changed At,Name,Score,Active,Note\r\n";

bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// The value of a header; empty if it is absent.
std::string header_of(const std::string& head, std::string_view name) {
  const auto at = head.find(fmt::format("\r\n{}: ", name));
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

std::string row_time(int64_t number) {
  constexpr int64_t first = 1'767'225'600;  // 2026-01-01T00:00:00Z
  return format_time(from_unix_micros((first + number) * 1'000'000));
}

std::string csv_row(int64_t number) {
  return fmt::format("{:09},{},\"Ann \"\"{:09}\"\"\r\nNäher, Ltd\",{:09}.50,{},{:0>90}\r\n", number,
                     row_time(number), number, number + 100'000'000, number % 2 == 0 ? "1" : "0", number);
}

BulkServer::BulkServer(int64_t rows) : rows_(rows), api_(listen(false)), store_(listen(true)) {}

BulkServer::~BulkServer() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const auto* listener : {&api_, &store_}) ::shutdown(listener->descriptor, SHUT_RDWR);
    for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
  }
  api_.thread.join();
  store_.thread.join();
  for (auto& thread : connections_) thread.join();
  ::close(api_.descriptor);
  ::close(store_.descriptor);
}

BulkServer::Listener BulkServer::listen(bool is_store) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(descriptor, generic, size) != 0 || ::listen(descriptor, 16) != 0) std::abort();
  ::getsockname(descriptor, generic, &size);
  return {descriptor, ntohs(address.sin_port), std::thread([this, descriptor, is_store] {
            while (true) {
              const int connection = ::accept4(descriptor, nullptr, nullptr, SOCK_CLOEXEC);
              const std::lock_guard lock(mutex_);
              if (is_stopping_) {
                if (connection >= 0) ::close(connection);
                return;
              }
              if (connection < 0) continue;
              open_.insert(connection);
              connections_.emplace_back([this, connection, is_store] { serve(connection, is_store); });
            }
          })};
}

std::string BulkServer::base_url() const {
  return fmt::format("http://127.0.0.1:{}", api_.port);
}
std::string BulkServer::url_of(int file) {
  return fmt::format("http://127.0.0.1:{}/files/{}?signature={}{}", store_.port, file, signature, ++urls_);
}
std::string BulkServer::file_url() {
  const std::lock_guard lock(mutex_);
  return url_of(0);
}
int64_t BulkServer::file_size() const {
  return static_cast<int64_t>(header.size()) + rows_ * static_cast<int64_t>(csv_row(1).size());
}
void BulkServer::on_request(OnRequest hook) {
  const std::lock_guard lock(mutex_);
  on_request_ = std::move(hook);
}
void BulkServer::on_piece(OnPiece hook) {
  const std::lock_guard lock(mutex_);
  on_piece_ = std::move(hook);
}
std::vector<std::string> BulkServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}
int64_t BulkServer::count(std::string_view request) const {
  const auto all = requests();
  return std::count(all.begin(), all.end(), request);
}
void BulkServer::lose_exports() {
  const std::lock_guard lock(mutex_);
  polls_.clear();
}
void BulkServer::fail_next() {
  const std::lock_guard lock(mutex_);
  fails_next_ = true;
}
void BulkServer::expire_urls() {
  const std::lock_guard lock(mutex_);
  url_floor_ = urls_;
}

std::string BulkServer::response(std::string_view status, std::string_view body, std::string_view headers) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body);
}

void BulkServer::serve(int connection, bool is_store) {
  std::string received;
  while (true) {
    char buffer[4'096];
    auto end = received.find("\r\n\r\n");
    size_t length = 0;
    if (end != std::string::npos)
      length = static_cast<size_t>(std::atoi(header_of(received, "Content-Length").c_str()));
    if (end == std::string::npos || received.size() < end + 4 + length) {
      const auto got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      received.append(buffer, static_cast<size_t>(got));
      continue;
    }
    const auto head = received.substr(0, end + 2);
    const auto body = received.substr(end + 4, length);
    received.erase(0, end + 4 + length);
    const auto target = head.substr(0, head.find(" HTTP/"));
    const auto request = target.substr(0, target.find('?'));
    OnRequest hook;
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      number = static_cast<int>(requests_.size());
      hook = on_request_;
    }
    if (auto other = hook ? hook(request, number) : std::nullopt) {
      if (!send_all(connection, *other)) break;
      continue;
    }
    const auto text = respond(is_store ? target : request, head, body);
    if (!text.empty() ? !send_all(connection, text) : !send_file(connection)) break;
  }
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
  ::close(connection);
}

// Empty for the file.
std::string BulkServer::respond(const std::string& request, const std::string& head,
                                const std::string& body) {
  const std::lock_guard lock(mutex_);
  const auto authorization = header_of(head, "Authorization");
  if (request.starts_with("GET /files/")) {
    if (!authorization.empty()) return response("400 Bad", "the credential is not for the store");
    const auto url =
        std::atoi(request.substr(request.find(signature) + std::string_view(signature).size()).c_str());
    return url > url_floor_ ? "" : response("403 Forbidden", "<Error>Expired</Error>");
  }
  if (authorization != fmt::format("Bearer {}", token)) return response("401 Unauthorized", "{}");
  if (request == "POST /exports") {
    if (body.find(R"("from":"2026-01-01T00:00:00Z")") == std::string::npos) return response("400 Bad", "{}");
    polls_[++exports_] = 0;
    if (std::exchange(fails_next_, false)) failed_.insert(exports_);
    return response("201 Created", fmt::format(R"({{"id":{},"state":"queued"}})", exports_));
  }
  const auto id = std::atoi(request.substr(request.rfind('/') + 1).c_str());
  const auto found = polls_.find(id);
  if (found == polls_.end()) return response("404 Not Found", "{}");
  if (++found->second == 1) return response("200 OK", R"({"state":"running","url":null})");
  if (failed_.contains(id)) return response("200 OK", R"({"state":"failed","message":"out of paper"})");
  return response("200 OK", fmt::format(R"({{"state":"done","url":"{}"}})", url_of(id)));
}

bool BulkServer::send_file(int connection) {
  OnPiece hook;
  {
    const std::lock_guard lock(mutex_);
    hook = on_piece_;
  }
  auto piece =
      fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: {}\r\n\r\n", file_size());
  if (!send_all(connection, piece)) return false;
  piece = header;
  int64_t sent = 0;
  for (int64_t number = 1; number <= rows_; ++number) {
    piece += csv_row(number);
    if (piece.size() < (64U << 10U) && number < rows_) continue;
    if (hook && !hook(sent)) {
      ::shutdown(connection, SHUT_RDWR);
      return false;
    }
    if (!send_all(connection, piece)) return false;
    sent += static_cast<int64_t>(piece.size());
    piece.clear();
  }
  return !hook || hook(sent);
}

}  // namespace tapster::connectors
