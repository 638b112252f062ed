#include "servers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "failures.hpp"
#include "server_state.hpp"

namespace postmark {

using namespace tapster;

namespace {

// "server 12345 (Marketing)"
std::string label(const ServerName& name) {
  return fmt::format("server {} ({})", name.id, name.name);
}

// Reads the ID and Name of a server, which both endpoints write in the same way.
Result<ServerName> read_name(const json::object& server, std::string_view target) {
  const auto* id = server.if_contains("ID");
  const auto* name = find_string(server, "Name");
  if (!id || !id->is_int64() || !name)
    return source_error(fmt::format("{}: a server has no ID or no Name", target));
  return ServerName{id->as_int64(), std::string(view(*name))};
}

// A server in the list of the account.
struct Listed {
  std::string name, token;
};

// Reads all pages of the account's servers. Returns false if they do not add up to TotalCount.
Result<bool> list_servers(Api& account, const Host& host, std::map<int64_t, Listed>& listed) {
  int64_t total = 0;
  int64_t doubled = 0;
  int64_t offset = 0;
  do {
    const auto target = page_of(Target("/servers"), page_size, offset);
    const auto answer = account.get_object(target);
    if (!answer) return Failed(answer.error());
    const auto* servers = find_array(*answer, "Servers");
    const auto count = total_of(*answer);
    if (!servers || !count)
      return source_error(fmt::format("{}: the response has no Servers or no TotalCount", target.text()));
    auto checked = check_total(*count, offset, servers->size());
    if (!checked) return with_context(target.text(), std::move(checked).error());
    if (offset > 0 && *count != total) return false;
    total = *count;
    std::set<int64_t> on_page;
    for (const auto& entry : *servers) {
      auto name = read_name(entry.is_object() ? entry.as_object() : json::object(), target.text());
      if (!name) return Failed(std::move(name).error());
      if (!on_page.insert(name->id).second) ++doubled;
      const auto* tokens = find_array(entry.as_object(), "ApiTokens");
      const auto* token = tokens && !tokens->empty() ? tokens->front().if_string() : nullptr;
      for (const auto& one : tokens != nullptr ? *tokens : json::array()) {
        if (one.is_string()) host.secret(view(one.get_string()));
      }
      // Without a token its requests fail, which is more visible than a missing server.
      listed.emplace(name->id, Listed{std::move(name->name), std::string(token ? view(*token) : "")});
    }
    offset += page_size;
  } while (offset < std::min(total, reachable_rows));
  return static_cast<int64_t>(listed.size()) + doubled >= total;
}

// Names the token in the error, unless there was no response: that is not the token's fault.
Error of_server(const Server& server, Error error) {
  const bool has_responded = !error.is_transient() || error.http_status != 0;
  return has_responded ? with_context(server.token(), std::move(error)).value() : error;
}

}  // namespace

Result<ServerName> Server::ask() {
  const auto answer = api_->get_object(Target("/server"));
  if (!answer) return Failed(answer.error());
  is_proved_ = true;
  return read_name(*answer, "/server");
}

Result<ServerName> Server::name() {
  const std::lock_guard lock(mutex_);
  if (name_) return *name_;
  auto name = ask();
  if (name) name_ = *name;
  return name;
}

Result<void> Server::check() {
  {
    const std::lock_guard lock(mutex_);
    if (!is_proved_) {
      const auto name = ask();
      if (!name) return Failed(name.error());
    }
  }
  return api_->check_message_streams();
}

Servers::Servers(Host host, const json::object& config)
    : host_(host), base_url_(view(config.at("base_url").as_string())) {
  for (const auto& id : config.at("message_streams").as_array())
    message_streams_.emplace_back(view(id.as_string()));
}

Result<std::unique_ptr<Servers>> Servers::open(const json::object& config, Host host) {
  std::unique_ptr<Servers> servers(new Servers(host, config));
  auto added = servers->add_given(config);
  if (!added) return Failed(std::move(added).error());
  servers->is_listing_ = config.at("all_servers").as_bool();
  if (const auto* token = find_string(config, "postmark_account_token")) {
    auto api = Api::open(host, servers->base_url_, account_token(view(*token)), {});
    if (!api) return Failed(std::move(api).error());
    servers->account_ = *std::move(api);
  } else if (servers->is_listing_) {
    return config_error(R"("all_servers" needs a "postmark_account_token")");
  } else if (servers->given_ == 0) {
    return config_error(
        "a token is required: set \"postmark_server_token\", \"postmark_server_tokens\" or "
        "\"postmark_account_token\", and \"all_servers\" to read the servers of the account");
  }
  if (servers->given_ > 0 && (config.contains("postmark_server_token") || !servers->are_several()))
    servers->first_ = servers->servers_.front().get();
  return servers;
}

Result<void> Servers::add(std::string_view token, std::string token_name, std::optional<ServerName> name) {
  auto api = Api::open(host_, base_url_, server_token(token, token_name), message_streams_);
  if (!api) return Failed(std::move(api).error());
  servers_.push_back(std::make_unique<Server>(*std::move(api), std::move(token_name), std::move(name)));
  return {};
}

// Adds the servers whose tokens are in the config.
Result<void> Servers::add_given(const json::object& config) {
  std::map<std::string_view, std::string> names;  // by token
  const auto add_once = [&](const json::string& token, std::string name) -> Result<void> {
    const auto [other, is_new] = names.emplace(view(token), name);
    if (!is_new) return config_error(fmt::format("{} and {} are the same: remove one", other->second, name));
    ++given_;
    return add(view(token), std::move(name));
  };
  if (const auto* token = find_string(config, "postmark_server_token")) {
    auto added = add_once(*token, "postmark_server_token");
    if (!added) return added;
  }
  size_t number = 0;
  for (const auto& token : config.at("postmark_server_tokens").as_array()) {
    auto added = add_once(token.as_string(), fmt::format("token {} of postmark_server_tokens", ++number));
    if (!added) return added;
  }
  return {};
}

// Adds the servers of the account. https://postmarkapp.com/developer/api/servers-api#list-servers
Result<void> Servers::add_listed() {
  if (!is_listing_ || is_listed_) return {};
  constexpr int attempts = 3;  // because the list may change while it is read
  for (int attempt = 1; !is_listed_ && attempt <= attempts; ++attempt) {
    std::map<int64_t, Listed> listed;
    const auto is_complete = list_servers(*account_, host_, listed);
    if (!is_complete) return Failed(is_complete.error());
    if (!*is_complete) continue;
    for (auto& [id, server] : listed) {
      auto added = add(server.token, fmt::format("the API token of server {} ({})", id, server.name),
                       ServerName{id, server.name});
      if (!added) return added;
    }
    is_listed_ = true;
  }
  if (is_listed_) return {};
  return source_error(fmt::format(
      "/servers: the rows did not add up to TotalCount in {} attempts: the list changes while it is "
      "read, or a cache ignores the offset; try again later",
      attempts));
}

Result<Servers::Found> Servers::find_all() {
  const std::lock_guard lock(mutex_);
  if (found_) return *found_;
  Found found;
  auto listed = add_listed();
  if (!listed) {
    if (listed.error().status == Status::cancelled) return Failed(std::move(listed).error());
    found.errors.push_back(std::move(listed).error());
  }
  std::map<int64_t, std::string> tokens;  // by server
  for (size_t i = 0; i < servers_.size(); ++i) {
    auto& server = *servers_[i];
    auto name = server.name();
    if (!name) {
      if (name.error().status == Status::cancelled) return Failed(std::move(name).error());
      found.errors.push_back(of_server(server, std::move(name).error()));
      continue;
    }
    const auto [other, is_new] = tokens.emplace(name->id, server.token());
    if (is_new) {
      found.servers.push_back(&server);
    } else if (i < given_) {
      return config_error(fmt::format("{} and {} both belong to {}: remove one", other->second,
                                      server.token(), label(*name)));
    }
  }
  // If none is known, the next call tries again.
  if (!found.servers.empty()) found_ = found;
  return found;
}

Result<void> Servers::check() {
  auto found = find_all();
  if (!found) return Failed(std::move(found).error());
  auto errors = std::move(found->errors);
  if (account_ && !is_listing_) {
    const auto answer = account_->get_object(page_of(Target("/servers"), 1, 0));
    if (!answer && answer.error().status == Status::cancelled) return Failed(answer.error());
    if (!answer) errors.push_back(answer.error());
  }
  for (auto* server : found->servers) {
    auto checked = server->check();
    if (checked) continue;
    if (checked.error().status == Status::cancelled) return checked;
    errors.push_back(of_server(*server, std::move(checked).error()));
  }
  return as_one(host_, std::move(errors));
}

Result<void> Servers::plan(const json::object& state, const Slices& slices, const PlanPart& plan_part) {
  if (!are_several() && !names_servers(state)) {
    Part part{*first_, state, slices, {}};
    return plan_part(part);
  }
  if (!first_ && !nameless_state(state).empty()) {
    return state_error(
        "the state belongs to one server, but does not say which: set that server's token as "
        "postmark_server_token, or move the state into {\"servers\":{\"ID\":…}}");
  }
  auto found = find_all();
  if (!found) return Failed(std::move(found).error());
  auto errors = std::move(found->errors);
  for (auto* server : found->servers) {
    const auto name = server->name();
    auto planned = name ? plan(*server, *name, state, slices, plan_part) : Failed(name.error());
    if (planned) continue;
    if (planned.error().status == Status::cancelled) return planned;
    errors.push_back(with_context(name ? label(*name) : server->token(), std::move(planned).error()).value());
  }
  return as_one(host_, std::move(errors));
}

Result<void> Servers::plan(Server& server, const ServerName& name, const json::object& state,
                           const Slices& slices, const PlanPart& plan_part) {
  auto own = server_state(state, name.id);
  if (!own) return Failed(std::move(own).error());
  const auto partition = std::to_string(name.id);
  json::object members{{"server", name.id}, {"partition", partition}};
  auto nameless = nameless_state(state);
  if (!*own && &server == first_ && !nameless.empty()) {
    *own = std::move(nameless);
    members["takes_over"] = true;
  }
  Part part{server, std::move(*own).value_or(json::object()), slices.with(members), partition};
  return plan_part(part);
}

Slices Servers::Part::slices_of(std::string_view name) const {
  return slices.with({{"partition", partition.empty() ? name : fmt::format("{}/{}", partition, name)}});
}

Result<Server*> Servers::find(const json::object& slice) {
  const auto* id = slice.if_contains("server");
  if (!id && !are_several()) return first_;
  if (!id) return config_error("the slice belongs to a config with one server, but this config has several");
  auto found = find_all();
  if (!found) return Failed(std::move(found).error());
  for (auto* server : found->servers) {
    const auto name = server->name();
    if (name && *id == name->id) return server;
  }
  if (!found->errors.empty()) return Failed(std::move(found->errors.front()));
  return config_error(fmt::format("the config has no token for server {}", json::serialize(*id)));
}

void add_server_columns(Stream& stream, bool are_several) {
  stream.columns.push_back({"server_id", Type::integer, "", "The id of the server."});
  stream.columns.push_back({"server_name", Type::string, "", "The current name of the server."});
  if (are_several) stream.key.insert(stream.key.begin(), "server_id");
}

Result<Projection> with_server_columns(const Projection& projection, Server& server) {
  if (!projection.has("server_id") && !projection.has("server_name")) return projection;
  const auto name = server.name();
  if (!name) return Failed(name.error());
  std::string text;
  append_json_string(text, name->name);
  return projection.with("server_id", std::to_string(name->id)).with("server_name", text);
}

}  // namespace postmark
