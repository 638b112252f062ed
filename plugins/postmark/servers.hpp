// The servers that are read, each with its own token, requests and rate limit.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tapster/source.hpp>
#include <vector>

#include "api.hpp"

namespace postmark {

// What tells a server's rows from another's.
struct ServerName {
  int64_t id = 0;
  std::string name;
};

// One server. Every member may be called from any thread.
class Server {
 public:
  // `token` is what errors call it, such as "postmark_server_token"; `name` where it is known already.
  Server(std::unique_ptr<Api> api, std::string token, std::optional<ServerName> name = std::nullopt)
      : api_(std::move(api)), token_(std::move(token)), name_(std::move(name)) {}

  [[nodiscard]] Api& api() const { return *api_; }
  [[nodiscard]] const std::string& token() const { return token_; }

  // Asks unless it is known. https://postmarkapp.com/developer/api/server-api#get-server
  tapster::Result<ServerName> name();
  // Proves that the token works and that the message streams of the config are there, with one request at
  // most for each.
  tapster::Result<void> check();

 private:
  tapster::Result<ServerName> ask();

  std::unique_ptr<Api> api_;
  std::string token_;
  std::mutex mutex_;
  std::optional<ServerName> name_;
  bool is_proved_ = false;  // the token has been taken
};

// All servers of a config. Every member but `open` may be called from any thread.
class Servers {
 public:
  // By the settings postmark_server_token, postmark_server_tokens, postmark_account_token and all_servers.
  // Makes no request. A config error where there is no token, or one comes twice.
  static tapster::Result<std::unique_ptr<Servers>> open(const tapster::json::object& config,
                                                        tapster::Host host);

  // Whether rows of several servers may share a table, so that their keys and states name the server.
  [[nodiscard]] bool are_several() const { return is_listing_ || given_ > 1; }

  // Whether there is any: a config may have the account's token alone.
  [[nodiscard]] bool has_any() const { return is_listing_ || given_ > 0; }

  // The account, to ask for its own lists; null without a token of it.
  [[nodiscard]] Api* account() const { return account_.get(); }

  // Tries every token. One error tells of all that do not work.
  tapster::Result<void> check();

  // A server's part of a stream that is to be planned.
  struct Part {
    Server& server;
    tapster::json::object state;  // that of this server
    tapster::Slices slices;       // where its slices go
    std::string partition;        // of these slices; empty for the only server's

    // Where the slices of one message stream or tag go: a partition of its own, so that one that fails leaves
    // the others.
    [[nodiscard]] tapster::Slices slices_of(std::string_view name) const;
  };
  using PlanPart = std::function<tapster::Result<void>(Part& part)>;
  // Plans the part of each server. One that fails leaves the others; the error tells of all.
  tapster::Result<void> plan(const tapster::json::object& state, const tapster::Slices& slices,
                             const PlanPart& plan_part);

  // The server that a slice is of.
  tapster::Result<Server*> find(const tapster::json::object& slice);

 private:
  // The servers whose names are known, and why those of the other tokens are not.
  struct Found {
    std::vector<Server*> servers;
    std::vector<tapster::Error> errors;
  };

  Servers(tapster::Host host, const tapster::json::object& config);
  tapster::Result<void> add(std::string_view token, std::string token_name,
                            std::optional<ServerName> name = std::nullopt);
  tapster::Result<void> add_given(const tapster::json::object& config);
  tapster::Result<void> add_listed();
  tapster::Result<Found> find_all();
  tapster::Result<void> plan(Server& server, const ServerName& name, const tapster::json::object& state,
                             const tapster::Slices& slices, const PlanPart& plan_part);

  tapster::Host host_;
  std::string base_url_;
  std::vector<std::string> message_streams_;
  std::unique_ptr<Api> account_;
  bool is_listing_ = false;  // whether all servers of the account are read
  Server* first_ = nullptr;  // the one that a state without server names is of

  std::mutex mutex_;
  std::vector<std::unique_ptr<Server>> servers_;  // those of the config's tokens, then those of the account
  size_t given_ = 0;                              // how many are of the config's tokens
  bool is_listed_ = false;
  std::optional<Found> found_;
};

// Adds the columns server_id and server_name to a stream. With several servers the id begins the key.
void add_server_columns(tapster::Stream& stream, bool are_several);

// The projection with the server's values in these columns. Asks for them where they are wanted.
tapster::Result<tapster::Projection> with_server_columns(const tapster::Projection& projection,
                                                         Server& server);

}  // namespace postmark
