#include <tapster/testing/replay.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <tapster/json.hpp>
#include <utility>

namespace tapster {

namespace {

constexpr std::string_view any = "***";  // what stands for a secret

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6U | static_cast<unsigned>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU));
  }
  return bytes;
}

std::string body_of(const json::object& message) {
  return message.contains("body_base64") ? from_base64(text_of(message, "body_base64"))
                                         : text_of(message, "body");
}

// The scheme, host and port of a URL.
std::string origin_of(const std::string& url) {
  const auto host = url.find("://");
  return host == std::string::npos ? "" : url.substr(0, url.find_first_of("/?", host + 3));
}

// Whether the text is the pattern, with any text in place of each "***".
bool matches(std::string_view pattern, std::string_view text) {
  const auto first = pattern.find(any);
  if (first == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, first))) return false;
  text.remove_prefix(first);
  pattern.remove_prefix(first + any.size());
  for (auto end = pattern.find(any); end != std::string_view::npos; end = pattern.find(any)) {
    const auto at = text.find(pattern.substr(0, end));
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + end);
    pattern.remove_prefix(end + any.size());
  }
  return text.size() >= pattern.size() && text.ends_with(pattern);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// A URL in JSON, as some programs write it.
std::string with_escaped_slashes(std::string url) {
  replace_all(url, "/", "\\/");
  return url;
}

// Whether the server makes the header itself, because the body is sent complete and as it is.
bool is_of_the_server(const std::string& header) {
  static constexpr std::string_view names[] = {"connection", "content-encoding", "content-length",
                                               "keep-alive", "transfer-encoding"};
  return std::find(std::begin(names), std::end(names), header) != std::end(names);
}

HttpServer::Response response_of(const json::object& message) {
  HttpServer::Response response{static_cast<int>(message.at("status").as_int64()), body_of(message)};
  for (const auto& header : message.at("headers").as_array()) {
    const std::string name(view(header.at(0).as_string()));
    if (is_of_the_server(name)) continue;
    auto& value = response.headers[name];
    if (!value.empty()) value += ", ";
    value += view(header.at(1).as_string());
  }
  return response;
}

}  // namespace

Replay::Replay(const std::filesystem::path& directory)
    : server_([this](const HttpServer::Request& request) { return respond(request); }) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (files.empty()) throw std::runtime_error(fmt::format("{}: nothing is recorded", directory.string()));
  std::sort(files.begin(), files.end());
  const std::lock_guard lock(mutex_);
  for (const auto& file : files) {
    try {
      add(file);
    } catch (const std::exception& e) {
      throw std::runtime_error(fmt::format("{}: not a recorded exchange: {}", file.string(), e.what()));
    }
  }
  // A host may be the beginning of another one.
  std::sort(origins_.begin(), origins_.end(),
            [](const std::string& one, const std::string& other) { return one.size() > other.size(); });
}

void Replay::add(const std::filesystem::path& file) {
  const auto exchange = json::parse(content_of(file)).as_object();
  const auto& request = exchange.at("request").as_object();
  const auto url = text_of(request, "url");
  const auto origin = origin_of(url);
  if (std::find(origins_.begin(), origins_.end(), origin) == origins_.end()) origins_.push_back(origin);
  const auto now = parse_time(text_of(exchange, "now"));
  if (!now || origin.empty()) throw std::runtime_error("it has no time or no URL");
  if (exchanges_.empty()) now_ = std::chrono::floor<Time::duration>(*now);
  Exchange made{text_of(request, "method"), url.substr(origin.size()), body_of(request), {}};
  const auto same = std::find_if(exchanges_.begin(), exchanges_.end(), [&](const Exchange& other) {
    return other.method == made.method && other.target == made.target && other.body == made.body;
  });
  auto& kept = same == exchanges_.end() ? exchanges_.emplace_back(std::move(made)) : *same;
  kept.responses.push_back(response_of(exchange.at("response").as_object()));
}

std::vector<std::string> Replay::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::vector<std::string> Replay::unexpected() const {
  const std::lock_guard lock(mutex_);
  return unexpected_;
}

HttpServer::Response Replay::respond(const HttpServer::Request& request) {
  const std::lock_guard lock(mutex_);
  log_.push_back(fmt::format("{} {}", request.method, request.target));
  const auto found = std::find_if(exchanges_.begin(), exchanges_.end(), [&](const Exchange& exchange) {
    return exchange.method == request.method && matches(exchange.target, request.target) &&
           matches(exchange.body, request.body);
  });
  if (found == exchanges_.end()) {
    unexpected_.push_back(log_.back());
    const json::object body{{"error", fmt::format("not recorded: {}", log_.back())}};
    return {400, json::serialize(body), {{"content-type", "application/json"}}};
  }
  auto response = found->responses.front();
  if (found->responses.size() > 1) found->responses.pop_front();
  for (const auto& origin : origins_) {
    replace_all(response.body, origin, url());
    replace_all(response.body, with_escaped_slashes(origin), with_escaped_slashes(url()));
    for (auto& [name, value] : response.headers) replace_all(value, origin, url());
  }
  return response;
}

}  // namespace tapster
