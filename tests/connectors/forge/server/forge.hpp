// A small code forge with made-up data: repositories, languages, issues and events behind an API like
// GitHub's. It changes and misbehaves at the requests that a test names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http_server.hpp"

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
class ForgeServer {
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

  // Sets a function that is called before each response with the request and its number among those of its
  // path, from 1 on. It may change the data, and may respond itself.
  using Meddle = std::function<std::optional<Response>(const Request& request, int number)>;
  void on_request(Meddle meddle);

  // The targets of all requests of this path, in order; of all paths if it is empty.
  [[nodiscard]] std::vector<std::string> requests(const std::string& path = {}) const;
  // Forgets the requests and the function of on_request.
  void start_again();

  // The response without any meddling.
  [[nodiscard]] Response respond(const Request& request) const;

 private:
  Response meddle_and_respond(const Request& request);
  [[nodiscard]] Response list_repositories(const Request& request) const;
  [[nodiscard]] Response list_issues(const std::string& repository, const Request& request) const;
  [[nodiscard]] Response list_events(const std::string& repository, const Request& request) const;

  mutable std::recursive_mutex mutex_;  // of all that follows; held during a response
  std::vector<Repository> repositories_;
  std::vector<Issue> issues_;
  std::vector<Event> events_;
  Meddle meddle_;
  std::vector<std::string> requests_;
  std::map<std::string, std::vector<std::string>> requests_of_;  // by path
  HttpServer server_;                                            // last, as it uses the others
};

}  // namespace tapster::connectors
