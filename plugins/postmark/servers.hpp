// The servers to read, each with its own token, requests and rate limit.
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

// The id and the name of a server.
struct ServerName {
  int64_t id = 0;
  std::string name;
};

// One server. Every member may be called from any thread.
class Server {
 public:
  // `token` is the name of the token in errors, such as "postmark_server_token"; `name` if it is already
  // known.
  Server(std::unique_ptr<Api> api, std::string token, std::optional<ServerName> name = std::nullopt)
      : api_(std::move(api)), token_(std::move(token)), name_(std::move(name)) {}

  [[nodiscard]] Api& api() const { return *api_; }
  [[nodiscard]] const std::string& token() const { return token_; }

  // Returns the name. Requests it unless it is known.
  // https://postmarkapp.com/developer/api/server-api#get-server
  tapster::Result<ServerName> name();
  // Checks that the token works and that the message streams of the config exist, with at most one request
  // for each.
  tapster::Result<void> check();

 private:
  tapster::Result<ServerName> ask();

  std::unique_ptr<Api> api_;
  std::string token_;
  std::mutex mutex_;
  std::optional<ServerName> name_;
  bool is_proved_ = false;  // a request with the token has succeeded
};

// All servers of a config. Every member but `open` may be called from any thread.
class Servers {
 public:
  // Reads the settings postmark_server_token, postmark_server_tokens, postmark_account_token and all_servers.
  // Makes no request. Errors: config, if there is no token, or the same one twice.
  static tapster::Result<std::unique_ptr<Servers>> open(const tapster::json::object& config,
                                                        tapster::Host host);

  // Whether there may be several servers, so that keys and states name the server.
  [[nodiscard]] bool are_several() const { return is_listing_ || given_ > 1; }

  // Whether there is any server: a config may have only an account token.
  [[nodiscard]] bool has_any() const { return is_listing_ || given_ > 0; }

  // The API with the account token, for the lists of the account; null without that token.
  [[nodiscard]] Api* account() const { return account_.get(); }

  // Checks every token. The error covers all tokens that do not work.
  tapster::Result<void> check();

  // One server's part of a stream to plan.
  struct Part {
    Server& server;
    tapster::json::object state;  // the state of this server
    tapster::Slices slices;       // where its slices go
    std::string partition;        // the partition of these slices; empty for a single server

    // Returns where to push the slices of one message stream or tag: a partition of its own, so that it can
    // fail independently.
    [[nodiscard]] tapster::Slices slices_of(std::string_view name) const;
  };
  using PlanPart = std::function<tapster::Result<void>(Part& part)>;
  // Plans the part of each server. A failure does not stop the other servers. The error covers all failures.
  tapster::Result<void> plan(const tapster::json::object& state, const tapster::Slices& slices,
                             const PlanPart& plan_part);

  // Returns the server of a slice. Errors: config, if the config does not have it; those of Server::name.
  tapster::Result<Server*> find(const tapster::json::object& slice);

 private:
  // The servers whose names are known, and the errors of the other tokens.
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
  Server* first_ = nullptr;  // the server that owns a state without server names

  std::mutex mutex_;
  std::vector<std::unique_ptr<Server>> servers_;  // those with a token in the config, then the listed ones
  size_t given_ = 0;                              // the number of tokens in the config
  bool is_listed_ = false;
  std::optional<Found> found_;
};

// Adds the columns server_id and server_name to a stream. With several servers the id begins the key.
void add_server_columns(tapster::Stream& stream, bool are_several);

// Returns the projection with the server's values in these columns. Requests them if a column is selected.
tapster::Result<tapster::Projection> with_server_columns(const tapster::Projection& projection,
                                                         Server& server);

}  // namespace postmark
