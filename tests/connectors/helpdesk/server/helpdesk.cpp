#include "helpdesk.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <utility>

namespace tapster::connectors {

namespace {

constexpr int64_t first_second = 1'711'929'600;  // 2024-04-01T00:00:00Z
constexpr int64_t hour = 3'600;

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_time(int64_t seconds) {
  return json_string(format_time(from_unix_micros(seconds * 1'000'000)));
}

std::string to_json(const Ticket& ticket) {
  return fmt::format(R"({{"id":{},"subject":{},"status":"{}","requester":{{"email":{}}},"tags":["a","b c"],)"
                     R"("created_at":{},"updated_at":{}}})",
                     ticket.id, json_string(ticket.subject), ticket.status, json_string(ticket.requester),
                     json_time(ticket.created), json_time(ticket.updated));
}

std::string to_json(const Comment& comment) {
  return fmt::format(R"({{"id":{},"author":{{"email":"{}"}},"body":{},"created_at":{}}})", comment.id,
                     comment.author, json_string(comment.body), json_time(comment.created));
}

Response error(int status, std::string_view code, std::string_view message) {
  return {status, fmt::format(R"({{"error":{{"code":"{}","message":{}}}}})", code, json_string(message))};
}

// A bound of the search, in seconds since 1970.
std::optional<int64_t> bound(const json::value& body, const char* pointer) {
  json::error_code none;
  const auto* text = body.find_pointer(pointer, none);
  const auto time =
      text != nullptr && text->is_string() ? parse_time(view(text->get_string())) : std::nullopt;
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
}

}  // namespace

HelpdeskServer::HelpdeskServer()
    : server_([this](const Request& request) {
        return meddle_or(request, [this](const Request& call) { return respond(call); });
      }) {
  const std::lock_guard lock(mutex_);
  // The last 120 are a burst, so that some windows have several pages.
  for (int i = 1; i <= 160; ++i)
    tickets_.push_back({.id = 4'000 + i,
                        .subject = i == 1 ? "Größe \"XL\": é, 漢, \U0001F600" : fmt::format("Ticket {}", i),
                        .status = i % 3 == 0 ? "open" : "solved",
                        .requester = fmt::format("user-{}@example.com", i % 11),
                        .created = first_second + i,
                        .updated = first_second + hour * (i <= 40 ? 12 * i : 1'000 + i % 60)});
}

std::string HelpdeskServer::base_url() const {
  return server_.url();
}

std::vector<Ticket> HelpdeskServer::tickets() const {
  const std::lock_guard lock(mutex_);
  return tickets_;
}

// None to three for each ticket.
std::vector<Comment> HelpdeskServer::comments(int64_t ticket) const {
  const std::lock_guard lock(mutex_);
  std::vector<Comment> found;
  for (int64_t i = 1; i <= ticket % 4 && !merged_.contains(ticket); ++i)
    found.push_back({.id = ticket * 10 + i,
                     .ticket = ticket,
                     .author = fmt::format("agent-{}@example.com", i),
                     .body = fmt::format("Comment {}\non \"{}\"", i, ticket),
                     .created = first_second + ticket + i});
  return found;
}

void HelpdeskServer::merge_ticket(int64_t id) {
  const std::lock_guard lock(mutex_);
  merged_.insert(id);
}

void HelpdeskServer::touch_ticket(int64_t id, int64_t now) {
  const std::lock_guard lock(mutex_);
  for (auto& ticket : tickets_) {
    if (ticket.id != id) continue;
    ticket.subject += ", changed";
    ticket.updated = now;
  }
}

void HelpdeskServer::set_token_life(std::chrono::seconds time, int requests) {
  const std::lock_guard lock(mutex_);
  tokens_.set_life(time, requests);
}

void HelpdeskServer::revoke_access_tokens() {
  const std::lock_guard lock(mutex_);
  tokens_.revoke();
}

int HelpdeskServer::refused() const {
  const std::lock_guard lock(mutex_);
  return tokens_.refused();
}

void HelpdeskServer::start_again() {
  const std::lock_guard lock(mutex_);
  Meddled::start_again();
  tokens_.forget_refused();
}

Response HelpdeskServer::respond(const Request& request) {
  const std::lock_guard lock(mutex_);
  if (request.path == "/oauth/token") return tokens_.grant(request);
  if (!tokens_.accepts(request.authorization))
    return error(401, "unauthorized", "The access token is not valid");
  if (request.path == "/me") return {200, R"({"name":"Ann"})"};
  if (request.path == "/search" && request.method == "POST") return search(request);
  for (const auto& ticket : tickets_) {
    if (request.path == fmt::format("/tickets/{}/comments", ticket.id)) return list_comments(ticket.id);
  }
  return error(404, "not_found", "Not found");
}

Response HelpdeskServer::list_comments(int64_t ticket) const {
  if (merged_.contains(ticket)) return error(404, "not_found", "The ticket was merged");
  std::vector<std::string> rows;
  for (const auto& comment : comments(ticket)) rows.push_back(to_json(comment));
  return {200, fmt::format(R"({{"comments":[{}]}})", fmt::join(rows, ","))};
}

// By id. A cursor is the id after which the page starts.
Response HelpdeskServer::search(const Request& request) const {
  const auto body = json::parse(request.body);
  const auto from = bound(body, "/filter/updated_at/gte");
  const auto to = bound(body, "/filter/updated_at/lt");
  if (!from || !to) return error(422, "invalid", "The filter needs gte and lt");
  const auto* cursor = body.as_object().if_contains("cursor");
  const int64_t after = cursor == nullptr ? 0 : std::stoll(std::string(view(cursor->as_string())).substr(6));
  const auto limit = std::min<size_t>(body.at("limit").to_number<size_t>(), most_rows);
  std::vector<std::string> rows;
  int64_t last = 0;
  bool has_more = false;
  for (const auto& ticket : tickets_) {
    if (ticket.id <= after || ticket.updated < *from || ticket.updated >= *to) continue;
    has_more = rows.size() == limit;
    if (has_more) break;
    rows.push_back(to_json(ticket));
    last = ticket.id;
  }
  return {200, fmt::format(R"({{"results":[{}],"next_cursor":{}}})", fmt::join(rows, ","),
                           has_more ? fmt::format(R"("after-{}")", last) : "null")};
}

}  // namespace tapster::connectors
