#include "forge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/json.hpp>
#include <tapster/time.hpp>

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

std::string joined(const std::vector<std::string>& rows) {
  return fmt::format("[{}]", fmt::join(rows, ","));
}

int64_t number_of(const Request& request, const std::string& name, int64_t otherwise) {
  const auto text = request.parameter(name);
  return text.empty() ? otherwise : std::stoll(text);
}

// The rows of the page that is requested by its number.
template <class Row>
std::vector<Row> page_of(const std::vector<Row>& rows, const Request& request) {
  const auto size = std::min(number_of(request, "per_page", 30), ForgeServer::most_rows);
  const auto count = static_cast<int64_t>(rows.size());
  const auto begin = std::min((number_of(request, "page", 1) - 1) * size, count);
  return {rows.begin() + begin, rows.begin() + std::min(begin + size, count)};
}

std::string to_json(const Issue& issue) {
  return fmt::format(
      R"({{"id":{},"number":{},"title":{},"state":"{}","user":{{"login":"user-{}"}},"labels":["bug","näher"],)"
      R"("closed_at":{},"updated_at":{}}})",
      issue.id, issue.number, json_string(issue.title), issue.is_open ? "open" : "closed", issue.id % 7,
      issue.is_open ? "null" : json_time(issue.updated), json_time(issue.updated));
}

std::string to_json(const Repository& repository) {
  return fmt::format(
      R"({{"id":{},"name":{},"description":{},"private":{},"stars":"{}","size":{},"created_at":{}}})",
      repository.id, json_string(repository.name),
      repository.description.empty() ? "null" : json_string(repository.description), repository.id % 2 == 0,
      repository.stars, repository.size, json_time(first_second + repository.id));
}

std::string to_json(const Event& event) {
  return fmt::format(
      R"({{"id":{},"type":"{}","actor":{{"login":"ann","profile":{{"site_admin":false}}}},"created":{},"public":"{}"{}}})",
      event.id, event.kind, event.created, event.is_public ? "yes" : "no", event.more);
}

}  // namespace

ForgeServer::ForgeServer()
    : server_([this](const Request& request) {
        return meddle_or(request, [this](const Request& call) { return respond(call); });
      }) {
  const std::lock_guard lock(mutex_);
  for (int i = 1; i <= 120; ++i)
    repositories_.push_back({.id = 500 - i,
                             .name = fmt::format("repository-{}", i),
                             .description = "",
                             .stars = i,
                             .size = "1.50e3"});
  repositories_[0].description =
      "A \"quoted\" text: \\ / \t, é, 漢, \U0001F600, and \xE2\x80\xA8 a line separator";

  // In alpha, 130 issues were imported in one second. In both, an issue changes each hour.
  for (int i = 1; i <= 240; ++i)
    issues_.push_back({.id = 10'000 + i,
                       .number = i,
                       .repository = "alpha",
                       .title = fmt::format("Issue {}", i),
                       .is_open = i % 3 != 0,
                       .updated = first_second + hour * (i < 40    ? i
                                                         : i < 170 ? 40
                                                                   : i)});
  for (int i = 1; i <= 110; ++i)
    issues_.push_back({.id = 20'000 + i,
                       .number = i,
                       .repository = "beta",
                       .title = fmt::format("Issue {}", i),
                       .is_open = true,
                       .updated = first_second + hour * i});

  // Ids beyond those that a double has.
  for (uint64_t i = 0; i < 160; ++i)
    events_.push_back(
        {.id = 9'007'199'254'740'993 + 2 * (160 - i),
         .repository = i % 5 == 0 ? "beta" : "alpha",
         .kind = "push",
         .created = first_second + static_cast<int64_t>(160 - i),
         .is_public = i % 2 == 0,
         .more = fmt::format(
             R"(,"payload":{{"size":{},"commits":[{{"sha":"{:040x}","parents":[]}}]}},"weight":1.10)", i,
             i)});
}

std::string ForgeServer::base_url() const {
  return server_.url();
}

std::vector<Repository> ForgeServer::repositories() const {
  const std::lock_guard lock(mutex_);
  return repositories_;
}

std::vector<Issue> ForgeServer::issues() const {
  const std::lock_guard lock(mutex_);
  return issues_;
}

std::vector<Event> ForgeServer::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

void ForgeServer::erase_issue(int64_t id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(issues_, [&](const Issue& issue) { return issue.id == id; });
}

void ForgeServer::touch_issue(int64_t id, int64_t now) {
  const std::lock_guard lock(mutex_);
  for (auto& issue : issues_) {
    if (issue.id != id) continue;
    issue.title += ", changed";
    issue.updated = now;
  }
}

void ForgeServer::erase_repository(int64_t id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(repositories_, [&](const Repository& repository) { return repository.id == id; });
}

Response ForgeServer::respond(const Request& request) const {
  const std::lock_guard lock(mutex_);
  if (request.authorization != std::string("Bearer ") + token)
    return {401, R"({"message":"Bad credentials"})"};
  if (request.path == "/user") return {200, R"({"login":"ann"})"};
  if (request.path == "/repos") return list_repositories(request);
  if (request.path == "/languages")
    return {200, R"({"C++":{"color":"#f34b7d","files":12},"Go":{"files":3,"color":null},"Größe/~1":{}})"};
  for (const auto* repository : {"alpha", "beta"}) {
    if (request.path == fmt::format("/repos/{}/issues", repository)) return list_issues(repository, request);
    if (request.path == fmt::format("/repos/{}/events", repository)) return list_events(repository, request);
  }
  return {404, R"({"message":"Not found"})"};
}

Response ForgeServer::list_repositories(const Request& request) const {
  std::vector<std::string> rows;
  for (const auto& repository : page_of(repositories_, request)) rows.push_back(to_json(repository));
  return {200, fmt::format(R"({{"total":{},"items":{}}})", repositories_.size(), joined(rows))};
}

// Those that were changed in the second `since` or later. Oldest change first, if that is requested.
Response ForgeServer::list_issues(const std::string& repository, const Request& request) const {
  const auto since = parse_time(request.parameter("since"));
  if (!since) return {422, R"({"message":"since is not a time"})"};
  const auto from = std::chrono::floor<std::chrono::seconds>(*since).time_since_epoch().count();
  std::vector<Issue> listed;
  for (const auto& issue : issues_) {
    if (issue.repository == repository && issue.updated >= from &&
        (issue.is_open || request.parameter("state") == "all"))
      listed.push_back(issue);
  }
  std::sort(listed.begin(), listed.end(), [](const Issue& a, const Issue& b) {
    return std::pair(a.updated, a.id) < std::pair(b.updated, b.id);
  });
  if (request.parameter("direction") != "asc") std::reverse(listed.begin(), listed.end());
  std::vector<std::string> rows;
  for (const auto& issue : page_of(listed, request)) rows.push_back(to_json(issue));
  return {200, joined(rows)};
}

// Newest first, in pages that begin after an id.
Response ForgeServer::list_events(const std::string& repository, const Request& request) const {
  const auto size = static_cast<size_t>(std::min(number_of(request, "per_page", 30), most_rows));
  const auto after = request.parameter("after");
  std::vector<std::string> rows;
  uint64_t last = 0;
  bool has_more = false;
  for (const auto& event : events_) {
    if (event.repository != repository || (!after.empty() && event.id >= std::stoull(after))) continue;
    has_more = rows.size() == size;
    if (has_more) break;
    rows.push_back(to_json(event));
    last = event.id;
  }
  Response response{200, joined(rows)};
  if (has_more)
    response.headers["Link"] =
        fmt::format(R"(<{0}{1}?per_page={2}>; rel="first", <{0}{1}?per_page={2}&after={3}>; rel="next")",
                    base_url(), request.path, size, last);
  return response;
}

}  // namespace tapster::connectors
