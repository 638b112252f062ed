#include "server.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <map>
#include <stdexcept>

namespace tapster::sandbox {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

struct Server::Sockets {
  asio::io_context context;
  tcp::acceptor acceptor{context};
  std::map<int, tcp::socket> open;  // by the connection's number; under mutex_
};

Fault parse_fault(std::string_view text) {
  Fault fault;
  const std::map<std::string_view, Fault::Kind> kinds{
      {"html", Fault::Kind::html},           {"reset", Fault::Kind::reset},
      {"truncated", Fault::Kind::truncated}, {"malformed", Fault::Kind::malformed},
      {"empty", Fault::Kind::empty},         {"stall", Fault::Kind::stall}};
  const std::map<std::string_view, Lie::Kind> lies{
      {"total", Lie::Kind::total},     {"more", Lie::Kind::more},     {"same-page", Lie::Kind::same_page},
      {"skips", Lie::Kind::skips},     {"leaves", Lie::Kind::leaves}, {"hides", Lie::Kind::hides},
      {"nothing", Lie::Kind::nothing}, {"twice", Lie::Kind::twice},   {"member", Lie::Kind::member}};
  fault.path = text.substr(0, text.find(':'));
  for (auto rest = text.substr(fault.path.size()); !rest.empty();) {
    rest.remove_prefix(1);
    const auto part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(part.size());
    const auto equals = std::min(part.find('='), part.size());
    const auto name = part.substr(0, equals);
    const std::string value(part.substr(std::min(part.size(), equals + 1)));
    if (kinds.contains(name))
      fault.kind = kinds.at(name);
    else if (lies.contains(name)) {
      fault.kind = Fault::Kind::lie;
      fault.lie.kind = lies.at(name);
      if (fault.lie.kind == Lie::Kind::member)
        fault.lie.text = value;
      else if (!value.empty())
        fault.lie.number = std::stoll(value);
    } else if (name == "has")
      fault.has = value;
    else if (name == "every")
      fault.every = std::stoi(value);
    else if (name == "times")
      fault.times = std::stoi(value);
    else if (name == "status")
      fault.status = std::stoi(value);
    else if (name == "code")
      fault.code = std::stoi(value);
    else if (name == "token")
      fault.token = value;
    else if (name == "retry-after")
      fault.retry_after = value;
    else
      throw std::invalid_argument(fmt::format("a fault cannot contain \"{}\"", part));
  }
  return fault;
}

Server::Server(Servers servers, ServerOptions options)
    : servers_(std::move(servers)), options_(options), sockets_(std::make_unique<Sockets>()) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), options.port);
  sockets_->acceptor.open(endpoint.protocol());
  sockets_->acceptor.set_option(tcp::acceptor::reuse_address(true));
  sockets_->acceptor.bind(endpoint);
  sockets_->acceptor.listen();
  port_ = sockets_->acceptor.local_endpoint().port();
  acceptor_ = std::thread([this] { accept(); });
}

Server::~Server() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    // Wakes the threads that wait in accept and read.
    ::shutdown(sockets_->acceptor.native_handle(), SHUT_RDWR);
    for (auto& [number, socket] : sockets_->open) ::shutdown(socket.native_handle(), SHUT_RDWR);
  }
  stopped_.notify_all();
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

std::string Server::base_url() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

void Server::inject(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back({std::move(fault)});
}

void Server::clear_faults() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

std::vector<int> Server::faults_met() const {
  const std::lock_guard lock(mutex_);
  std::vector<int> met;
  for (const auto& armed : faults_) met.push_back(armed.done);
  return met;
}

std::vector<std::string> Server::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Server::on_answer(std::function<void(std::string& body)> change) {
  const std::lock_guard lock(mutex_);
  change_ = std::move(change);
}

void Server::on_request(std::function<void(const std::string& target)> observer) {
  const std::lock_guard lock(mutex_);
  observer_ = std::move(observer);
}

std::optional<Fault> Server::next_fault(std::string_view target, std::string_view token) {
  const std::lock_guard lock(mutex_);
  for (auto& armed : faults_) {
    if (!target.starts_with(armed.fault.path)) continue;
    if (target.find(armed.fault.has) == std::string_view::npos) continue;
    if (!armed.fault.token.empty() && armed.fault.token != token) continue;
    if (++armed.seen % armed.fault.every != 0 || armed.done >= armed.fault.times) continue;
    ++armed.done;
    return armed.fault;
  }
  return std::nullopt;
}

void Server::accept() {
  while (true) {
    beast::error_code error;
    auto socket = sockets_->acceptor.accept(error);
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return;
    if (error) continue;
    socket.set_option(tcp::no_delay(true), error);
    const int number = ++connections_;
    sockets_->open.emplace(number, std::move(socket));
    threads_.emplace_back([this, number] { serve(number); });
  }
}

void Server::serve(int number) {
  tcp::socket* socket = nullptr;
  {
    const std::lock_guard lock(mutex_);
    socket = &sockets_->open.at(number);
  }
  beast::flat_buffer buffer;
  beast::error_code error;
  while (!error) {
    http::request<http::empty_body> request;
    http::read(*socket, buffer, request, error);
    if (error) break;
    const std::string target(request.target());
    std::function<void(const std::string&)> observer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(target);
      observer = observer_;
    }
    if (observer) observer(target);
    const std::string token(request["X-Postmark-Server-Token"]);
    const auto fault = next_fault(target, token);
    std::unique_lock lock(mutex_);
    if (options_.latency.count() > 0)
      stopped_.wait_for(lock, options_.latency, [this] { return is_stopping_; });
    if (fault && fault->kind == Fault::Kind::stall) stopped_.wait(lock, [this] { return is_stopping_; });
    if (is_stopping_) break;
    lock.unlock();
    if (fault && fault->kind == Fault::Kind::reset) {
      socket->set_option(asio::socket_base::linger(true, 0), error);
      // Explicitly, because the destructor of the socket resets the linger option.
      lock.lock();
      socket->close(error);
      break;
    }

    const bool is_lie = fault && fault->kind == Fault::Kind::lie;
    const auto answered = is_lie ? instead_of(fault->lie, target) : target;
    auto answer = request.method() == http::verb::get
                      ? servers_.get(answered, token, std::string(request["X-Postmark-Account-Token"]))
                      : Answer{405, R"({"ErrorCode":0,"Message":"Only GET is allowed here."})"};
    http::response<http::string_body> response;
    response.version(11);
    if (fault) {
      switch (fault->kind) {
        case Fault::Kind::status:
          answer = {fault->status,
                    fmt::format(R"({{"ErrorCode":{},"Message":"An injected fault."}})", fault->code)};
          if (!fault->retry_after.empty()) response.set(http::field::retry_after, fault->retry_after);
          break;
        case Fault::Kind::html:
          answer = {fault->status, "<html><body>Bad gateway</body></html>", "text/html"};
          break;
        case Fault::Kind::malformed:
          // Cut between two members: a missing piece of a text would not be noticed.
          answer.body.erase(std::min(answer.body.find(",\"", answer.body.size() / 2), answer.body.size() - 1),
                            2);
          break;
        case Fault::Kind::empty:
          answer.body.clear();
          break;
        case Fault::Kind::lie:
          distort(fault->lie, target, answer);
          break;
        default:
          break;
      }
    }
    lock.lock();
    const auto change = change_;
    lock.unlock();
    if (change) change(answer.body);
    response.result(static_cast<unsigned>(answer.status));
    response.set(http::field::content_type, answer.content_type);
    response.keep_alive(true);
    response.body() = std::move(answer.body);
    response.prepare_payload();
    if (fault && fault->kind == Fault::Kind::truncated) {
      response.body().resize(response.body().size() / 2);
      response.keep_alive(false);
    }
    http::write(*socket, response, error);
    if (!response.keep_alive()) break;
  }
  const std::lock_guard lock(mutex_);
  sockets_->open.erase(number);
}

}  // namespace tapster::sandbox
