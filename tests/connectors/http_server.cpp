#include "http_server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace tapster::connectors {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

// `mutex` protects `open` and `is_stopping`. `threads` is the acceptor's until it has ended.
struct HttpServer::Sockets {
  asio::io_context context;
  tcp::acceptor acceptor{context};
  std::mutex mutex;
  std::map<int, tcp::socket> open;  // by the connection's number
  bool is_stopping = false;
  std::list<std::thread> threads;  // of the connections
  std::thread accepting;
};

namespace {

int digit(char c) {
  return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
}

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size();
    out.push_back(is_escape ? static_cast<char>(16 * digit(text[i + 1]) + digit(text[i + 2])) : text[i]);
    if (is_escape) i += 2;
  }
  return out;
}

// The parameters of a query or a form.
std::map<std::string, std::string> parameters_of(std::string_view text) {
  std::map<std::string, std::string> parameters;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto name = part.substr(0, part.find('='));
    parameters[decoded(name)] = decoded(part.substr(std::min(name.size() + 1, part.size())));
  }
  return parameters;
}

Request parsed(const http::request<http::string_body>& message) {
  const std::string target(message.target());
  const auto path = target.substr(0, target.find('?'));
  const bool is_form = message[http::field::content_type] == "application/x-www-form-urlencoded";
  return {.method = std::string(message.method_string()),
          .target = target,
          .path = decoded(path),
          .query = parameters_of(std::string_view(target).substr(std::min(path.size() + 1, target.size()))),
          .authorization = std::string(message[http::field::authorization]),
          .body = message.body(),
          .form = is_form ? parameters_of(message.body()) : std::map<std::string, std::string>()};
}

// Sends the headers and half of the body.
void write_half(tcp::socket& socket, http::response<http::string_body>& response) {
  const auto body = response.body();
  beast::error_code error;
  http::response_serializer<http::string_body> serializer(response);
  http::write_header(socket, serializer, error);
  if (!error) asio::write(socket, asio::buffer(body.data(), body.size() / 2), error);
}

}  // namespace

std::string Request::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

HttpServer::HttpServer(std::function<Response(const Request&)> respond)
    : respond_(std::move(respond)), sockets_(std::make_unique<Sockets>()) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), 0);
  sockets_->acceptor.open(endpoint.protocol());
  sockets_->acceptor.bind(endpoint);
  sockets_->acceptor.listen();
  sockets_->accepting = std::thread([this] { accept(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(sockets_->mutex);
    sockets_->is_stopping = true;
    // Wakes the threads that wait in accept and read.
    ::shutdown(sockets_->acceptor.native_handle(), SHUT_RDWR);
    for (auto& [number, socket] : sockets_->open) ::shutdown(socket.native_handle(), SHUT_RDWR);
  }
  sockets_->accepting.join();
  for (auto& thread : sockets_->threads) thread.join();
}

uint16_t HttpServer::port() const {
  return sockets_->acceptor.local_endpoint().port();
}

void HttpServer::accept() {
  for (int number = 0;; ++number) {
    beast::error_code error;
    auto socket = sockets_->acceptor.accept(error);
    const std::lock_guard lock(sockets_->mutex);
    if (sockets_->is_stopping) return;
    if (error) continue;
    socket.set_option(tcp::no_delay(true), error);
    sockets_->open.emplace(number, std::move(socket));
    sockets_->threads.emplace_back([this, number] { serve(number); });
  }
}

void HttpServer::serve(int number) {
  tcp::socket* socket = nullptr;
  {
    const std::lock_guard lock(sockets_->mutex);
    socket = &sockets_->open.at(number);
  }
  beast::flat_buffer buffer;
  beast::error_code error;
  while (true) {
    http::request<http::string_body> request;
    http::read(*socket, buffer, request, error);
    if (error) break;
    auto made = respond_(parsed(request));
    http::response<http::string_body> response(static_cast<http::status>(made.status), 11,
                                               std::move(made.body));
    for (const auto& [name, value] : made.headers) response.set(name, value);
    response.keep_alive(true);
    response.prepare_payload();
    if (made.is_cut) {
      write_half(*socket, response);
      break;
    }
    http::write(*socket, response, error);
    if (error) break;
  }
  const std::lock_guard lock(sockets_->mutex);
  sockets_->open.erase(number);
}

}  // namespace tapster::connectors
