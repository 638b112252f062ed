// A small code forge with made-up data: repositories, languages, issues and events behind an API like
// GitHub's. It changes and misbehaves at the requests that a test names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http_server.hpp"
#include "meddled.hpp"

namespace tapster::connectors {

struct Repository {
  int64_t id;
  std::string name, description;
  int stars;
  std::string size;  // a JSON number
};

struct Issue {
  int64_t id, number;
  std::string repository, title;
  bool is_open;
  int64_t updated;  // seconds since 1970
};

struct Event {
  uint64_t id;
  std::string repository, kind;
  int64_t created;  // seconds since 1970
  bool is_public;
  std::string more;  // further members as JSON, each after a comma
};

// Its members may be called from any thread, and by what on_request was given.
class ForgeServer : public Meddled<Request> {
 public:
  static constexpr int64_t most_rows = 50;  // of a page
  static constexpr const char* token = "forge-token";

  ForgeServer();

  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] std::vector<Repository> repositories() const;
  [[nodiscard]] std::vector<Issue> issues() const;
  [[nodiscard]] std::vector<Event> events() const;  // newest first

  void erase_issue(int64_t id);
  // Changes an issue, which moves it to the end of the list.
  void touch_issue(int64_t id, int64_t now);
  void erase_repository(int64_t id);

  // The response without any meddling.
  [[nodiscard]] Response respond(const Request& request) const;

 private:
  [[nodiscard]] Response list_repositories(const Request& request) const;
  [[nodiscard]] Response list_issues(const std::string& repository, const Request& request) const;
  [[nodiscard]] Response list_events(const std::string& repository, const Request& request) const;

  std::vector<Repository> repositories_;
  std::vector<Issue> issues_;
  std::vector<Event> events_;
  HttpServer server_;  // last, as it uses the others
};

}  // namespace tapster::connectors
