// A small help desk with made-up data: tickets behind a search with a cursor, and OAuth 2 with access tokens
// that live a few seconds or requests, and refresh tokens that rotate. It misbehaves at the requests that a
// test names.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http_server.hpp"
#include "meddled.hpp"
#include "oauth_tokens.hpp"

namespace tapster::connectors {

struct Comment {
  int64_t id, ticket;
  std::string author, body;
  int64_t created;  // seconds since 1970
};

struct Ticket {
  int64_t id;
  std::string subject, status, requester;
  int64_t created, updated;  // seconds since 1970
};

// Its members may be called from any thread, and by what on_request was given.
class HelpdeskServer : public Meddled<Request> {
 public:
  static constexpr size_t most_rows = 50;  // of a page
  static constexpr const char* client_id = "desk-client";
  static constexpr const char* client_secret = "desk/secret=1";

  HelpdeskServer();

  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] std::vector<Ticket> tickets() const;
  // Those of a ticket; none if they are gone.
  [[nodiscard]] std::vector<Comment> comments(int64_t ticket) const;
  // Removes the comments of a ticket: requests for them get a 404.
  void merge_ticket(int64_t id);
  // Changes a ticket.
  void touch_ticket(int64_t id, int64_t now);

  // How long an access token is accepted: for a time, which is what "expires_in" says, and for a number of
  // requests.
  void set_token_life(std::chrono::seconds time, int requests = 1'000'000);

  // Ends all access tokens.
  void revoke_access_tokens();

  // How many requests were refused because of their token or their refresh token.
  [[nodiscard]] int refused() const;
  // Forgets the requests, the count of those refused, and the function of on_request.
  void start_again();

  // The response without any meddling.
  [[nodiscard]] Response respond(const Request& request);

 private:
  [[nodiscard]] Response search(const Request& request) const;
  [[nodiscard]] Response list_comments(int64_t ticket) const;

  std::vector<Ticket> tickets_;
  std::set<int64_t> merged_;
  OAuthTokens tokens_{{client_id, client_secret, "read"}};
  HttpServer server_;  // last, as it uses the others
};

}  // namespace tapster::connectors
