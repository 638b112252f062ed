#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <exception>
#include <list>
#include <mutex>
#include <sstream>
#include <string_view>
#include <tapster/testing/http_server.hpp>
#include <thread>
#include <utility>

#include "faulty_response.hpp"

namespace tapster {

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

HttpServer::Request parsed(const http::request<http::string_body>& message) {
  const std::string target(message.target());
  const auto path = target.substr(0, target.find('?'));
  const bool is_form = message[http::field::content_type] == "application/x-www-form-urlencoded";
  HttpServer::Request request{
      .method = std::string(message.method_string()),
      .target = target,
      .path = decoded(path),
      .query = parameters_of(std::string_view(target).substr(std::min(path.size() + 1, target.size()))),
      .authorization = std::string(message[http::field::authorization]),
      .headers = {},
      .body = message.body(),
      .form = is_form ? parameters_of(message.body()) : std::map<std::string, std::string>()};
  for (const auto& header : message) {
    std::string name(header.name_string());
    for (auto& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    request.headers.emplace(std::move(name), std::string(header.value()));
  }
  return request;
}

// A response as it is sent, and the size of its head.
struct Text {
  std::string bytes;
  std::size_t head;
};

Text serialized(HttpServer::Response& made) {
  const auto size = made.body.size();
  http::response<http::string_body> response(static_cast<http::status>(made.status), 11,
                                             std::move(made.body));
  for (const auto& [name, value] : made.headers) response.set(name, value);
  response.keep_alive(true);
  response.prepare_payload();
  if (made.fault == Fault::wrong_length) response.content_length(size / 2);
  std::ostringstream out;
  out << response;
  return {out.str(), out.str().size() - size};
}

void send(tcp::socket& socket, std::string_view bytes, beast::error_code& error) {
  asio::write(socket, asio::buffer(bytes), error);
}

void send_slowly(tcp::socket& socket, std::string_view bytes, beast::error_code& error) {
  const auto size = bytes.size() / 20 + 1;
  while (!bytes.empty() && !error) {
    const auto piece = bytes.substr(0, size);
    send(socket, piece, error);
    bytes.remove_prefix(piece.size());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// Waits until the client closes the connection, or the server stops.
void wait_for_end(tcp::socket& socket) {
  beast::error_code error;
  char byte = 0;
  while (!error) socket.read_some(asio::buffer(&byte, 1), error);
}

// Sends the response. Returns whether the connection can be used for another request.
bool respond_with(tcp::socket& socket, HttpServer::Response made) {
  made = with_fault(std::move(made));
  const auto fault = made.fault;
  beast::error_code error;
  if (fault == Fault::reset) {
    // A close then discards what was not sent and resets the connection.
    socket.set_option(asio::socket_base::linger(true, 0), error);
    return false;
  }
  const auto text = serialized(made);
  const std::string_view bytes(text.bytes);
  const bool is_half = fault == Fault::cut_off || fault == Fault::stall;
  const auto sent = is_half ? bytes.substr(0, text.head + (bytes.size() - text.head) / 2) : bytes;
  fault == Fault::drip ? send_slowly(socket, sent, error) : send(socket, sent, error);
  if (fault == Fault::stall && !error) wait_for_end(socket);
  return !error && !is_half && fault != Fault::wrong_length;
}

}  // namespace

HttpServer::Response with_fault(HttpServer::Response response) {
  if (response.fault == Fault::too_many_requests) return {429, "", {{"Retry-After", "1"}}};
  if (response.fault == Fault::server_error) return {500, ""};
  if (response.fault == Fault::garbage) {
    response.body.resize(response.body.size() / 2);
    if (response.body.empty()) response.body = "{";
  }
  return response;
}

const char* to_string(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "none";
    case Fault::cut_off:
      return "cut_off";
    case Fault::reset:
      return "reset";
    case Fault::wrong_length:
      return "wrong_length";
    case Fault::garbage:
      return "garbage";
    case Fault::drip:
      return "drip";
    case Fault::too_many_requests:
      return "too_many_requests";
    case Fault::server_error:
      return "server_error";
    case Fault::stall:
      return "stall";
  }
  return "unknown";
}

std::string HttpServer::Request::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

HttpServer::HttpServer(std::function<Response(const Request&)> respond, uint16_t port)
    : respond_(std::move(respond)), sockets_(std::make_unique<Sockets>()) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  sockets_->acceptor.open(endpoint.protocol());
  // A server that starts again may have connections of the one before that are still closing.
  sockets_->acceptor.set_option(tcp::acceptor::reuse_address(true));
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

std::string HttpServer::url() const {
  return fmt::format("http://127.0.0.1:{}", port());
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
    http::request_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    http::read(*socket, buffer, parser, error);
    if (error || !respond_with(*socket, response_to(parsed(parser.get())))) break;
  }
  const std::lock_guard lock(sockets_->mutex);
  sockets_->open.erase(number);
}

HttpServer::Response HttpServer::response_to(const Request& request) const {
  try {
    return respond_(request);
  } catch (const std::exception& e) {
    return {500, e.what()};
  }
}

}  // namespace tapster
