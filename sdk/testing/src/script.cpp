#include <tapster/testing/script.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <tapster/json.hpp>
#include <utility>

#include "faulty_response.hpp"

namespace tapster {

namespace {

// The key of responses to this method and target.
std::string key_of(const std::string& method, std::string_view target) {
  return fmt::format("{} {}", method, target);
}
std::string key_of(const std::string& method, std::string_view target, const std::string& body) {
  return fmt::format("{} {}\n{}", method, target, body);
}

std::string_view path_of(const std::string& target) {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string no_response(const HttpServer::Request& request) {
  return fmt::format("the script has no response to {}", key_of(request.method, request.target));
}

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

// The response as libcurl would give it.
HttpResponse received(HttpServer::Response sent) {
  HttpResponse response;
  response.status = sent.status;
  response.body = std::move(sent.body);
  for (auto& [name, value] : sent.headers) response.headers.push_back({lower(name), value});
  if (const auto* type = response.header("content-type")) response.content_type = *type;
  if (const auto* wait = response.header("retry-after")) {
    int seconds = 0;
    std::from_chars(wait->data(), wait->data() + wait->size(), seconds);
    if (seconds > 0) response.retry_after = std::chrono::seconds(seconds);
  }
  return response;
}

HttpServer::Request sent(const HttpRequest& request, std::string target) {
  HttpServer::Request made;
  made.method = to_string(request.method);
  made.path = path_of(target);
  made.target = std::move(target);
  made.body = request.body;
  for (const auto& header : request.headers) {
    const auto name = header.substr(0, header.find(": "));
    made.headers[lower(name)] = header.substr(std::min(name.size() + 2, header.size()));
  }
  if (const auto found = made.headers.find("authorization"); found != made.headers.end())
    made.authorization = found->second;
  return made;
}

}  // namespace

void Script::answer(const std::string& method, const std::string& target, Response response) {
  const std::lock_guard lock(mutex_);
  responses_[key_of(method, target)].push_back(std::move(response));
}

void Script::answer(const std::string& method, const std::string& target, const std::string& body,
                    Response response) {
  const std::lock_guard lock(mutex_);
  responses_[key_of(method, target, body)].push_back(std::move(response));
}

void Script::fail(const std::string& method, const std::string& target, Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_[key_of(method, target)].push_back(fault);
}

Script::Response Script::respond(const Request& request) {
  if (auto found = find(request)) return *std::move(found);
  const json::object body{{"error", no_response(request)}};
  return {400, json::serialize(body), {{"Content-Type", "application/json"}}};
}

std::optional<Script::Response> Script::find(const Request& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  auto* responses = responses_to(request);
  if (responses == nullptr) {
    unexpected_.push_back(key_of(request.method, request.target));
    return std::nullopt;
  }
  auto response = responses->front();
  const auto fault = next_fault(request);
  if (fault != Fault::none)
    response.fault = fault;
  else if (responses->size() > 1)
    responses->pop_front();
  response.headers.emplace("Content-Type", "application/json");
  return response;
}

std::deque<Script::Response>* Script::responses_to(const Request& request) {
  for (const auto target : {std::string_view(request.target), path_of(request.target)}) {
    for (const auto& key : {key_of(request.method, target, request.body), key_of(request.method, target)}) {
      const auto found = responses_.find(key);
      if (found != responses_.end()) return &found->second;
    }
  }
  return nullptr;
}

Fault Script::next_fault(const Request& request) {
  for (const auto target : {std::string_view(request.target), path_of(request.target)}) {
    const auto found = faults_.find(key_of(request.method, target));
    if (found == faults_.end() || found->second.empty()) continue;
    const auto fault = found->second.front();
    found->second.pop_front();
    return fault;
  }
  return Fault::none;
}

std::vector<Script::Request> Script::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> Script::log() const {
  std::vector<std::string> log;
  for (const auto& request : requests()) log.push_back(key_of(request.method, request.target));
  return log;
}

std::vector<std::string> Script::unexpected() const {
  const std::lock_guard lock(mutex_);
  return unexpected_;
}

void Script::clear_log() {
  const std::lock_guard lock(mutex_);
  requests_.clear();
  unexpected_.clear();
}

void Script::clear() {
  clear_log();
  const std::lock_guard lock(mutex_);
  responses_.clear();
  faults_.clear();
}

HttpTransport Script::transport(std::string base_url) {
  return [this, base = std::move(base_url)](const HttpRequest& request,
                                            const std::string& url) -> Result<HttpResponse> {
    if (!url.starts_with(base)) return internal_error(fmt::format("the script has no response to {}", url));
    const auto made = sent(request, url.substr(base.size()));
    auto found = find(made);
    if (!found) return internal_error(no_response(made));
    switch (found->fault) {
      case Fault::cut_off:
      case Fault::reset:
      case Fault::stall:
        return transient_error(fmt::format("the connection failed: {}", to_string(found->fault)));
      case Fault::wrong_length:
        found->fault = Fault::garbage;  // a client takes as much as the length says
        [[fallthrough]];
      default:
        return received(with_fault(*std::move(found)));
    }
  };
}

}  // namespace tapster
