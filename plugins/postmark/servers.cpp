#include "servers.hpp"

#include <fmt/format.h>

#include <map>
#include <tapster/declared.hpp>
#include <tapster/joined_errors.hpp>
#include <utility>
#include <vector>

#include "streams.hpp"

namespace postmark {

using namespace tapster;

namespace {

// What each server is opened with.
struct Context {
  Host host;
  std::string base_url;
  std::vector<std::string> message_streams;
  std::shared_ptr<KeptPages> kept;
  MakeStreams make;
};

// The server of a token. `name` if it is already known.
Result<Account> open_server(const Context& context, std::string_view token, std::string credential,
                            const std::optional<AccountName>& name = std::nullopt) {
  auto api = Api::open(context.host, context.base_url, server_token(token, credential),
                       context.message_streams, context.kept);
  if (!api) return Failed(std::move(api).error());
  return Account{.credential = std::move(credential),
                 .identify = [api = *api, name]() -> Result<AccountName> {
                   if (name) return *name;
                   return api->server();
                 },
                 .check = [api = *api] { return api->check(); },
                 .streams = [api = *api, make = context.make] { return make(api); }};
}

// The servers whose tokens are in the config.
Result<std::vector<Account>> given_servers(const Context& context, const json::object& config) {
  std::vector<std::pair<std::string, std::string>> tokens;  // and their names
  if (config.contains("postmark_server_token"))
    tokens.emplace_back(text_of(config, "postmark_server_token"), "postmark_server_token");
  size_t number = 0;
  for (const auto& token : config.at("postmark_server_tokens").as_array())
    tokens.emplace_back(view(token.as_string()), fmt::format("token {} of postmark_server_tokens", ++number));
  std::vector<Account> servers;
  std::map<std::string, std::string> names;  // by token
  for (const auto& [token, name] : tokens) {
    const auto [other, is_new] = names.emplace(token, name);
    if (!is_new) return config_error(fmt::format("{} and {} are the same: remove one", other->second, name));
    auto server = open_server(context, token, name);
    if (!server) return Failed(std::move(server).error());
    servers.push_back(*std::move(server));
  }
  return servers;
}

// The servers of the account. https://postmarkapp.com/developer/api/servers-api#list-servers
Result<std::vector<Account>> list_servers(const Context& context, const Api& account) {
  const DeclaredStream list{.stream = {.name = "servers",
                                       .key = {"id"},
                                       .columns = {{"id", Type::integer, "/ID"},
                                                   {"name", Type::string, "/Name"},
                                                   {"tokens", Type::array, "/ApiTokens"}},
                                       .is_partial = true},
                            .request = {.path = "/servers"},
                            .records = {.records = "/Servers", .total = "/TotalCount"},
                            .paginator = list_pages()};
  const auto rows = read_all(declare(context.host, account.client(), list));
  if (!rows) return Failed(rows.error());
  std::vector<Account> servers;
  for (const auto& row : *rows) {
    const auto* tokens = find_array(row, "tokens");
    // Without a token its requests fail, which is more visible than a missing server.
    std::string token;
    for (const auto& each : tokens != nullptr ? *tokens : json::array()) {
      if (!each.is_string()) continue;
      context.host.secret(view(each.get_string()));
      if (token.empty()) token = view(each.get_string());
    }
    const AccountName name{json::serialize(row.at("id")), text_of(row, "name")};
    auto server =
        open_server(context, token, fmt::format("the API token of server {} ({})", name.id, name.name), name);
    if (!server) return Failed(std::move(server).error());
    servers.push_back(*std::move(server));
  }
  return servers;
}

}  // namespace

Result<Servers> open_servers(const json::object& config, Host host, const MakeStreams& make) {
  Context context{
      host, std::string(view(config.at("base_url").as_string())), {}, std::make_shared<KeptPages>(), make};
  for (const auto& id : config.at("message_streams").as_array())
    context.message_streams.emplace_back(view(id.as_string()));
  auto given = given_servers(context, config);
  if (!given) return Failed(std::move(given).error());
  Servers servers;
  servers.are_listed = config.at("all_servers").as_bool();
  if (const auto* token = find_string(config, "postmark_account_token")) {
    auto api = Api::open(host, context.base_url, account_token(view(*token)), {}, context.kept);
    if (!api) return Failed(std::move(api).error());
    servers.account = *std::move(api);
  } else if (servers.are_listed) {
    return config_error(R"("all_servers" needs a "postmark_account_token")");
  } else if (given->empty()) {
    return config_error(
        "a token is required: set \"postmark_server_token\", \"postmark_server_tokens\" or "
        "\"postmark_account_token\", and \"all_servers\" to read the servers of the account");
  }
  AccountsOptions options{.member = "server",
                          .states = "servers",
                          .id_column = {"server_id", Type::integer, "", "The id of the server."},
                          .name_column = {"server_name", Type::string, "", "The current name of the server."},
                          .given = *std::move(given)};
  options.first_owns_plain_state =
      config.contains("postmark_server_token") || (options.given.size() == 1 && !servers.are_listed);
  if (servers.are_listed)
    options.list = [context, account = servers.account] { return list_servers(context, *account); };
  servers.accounts = std::make_shared<Accounts>(host, std::move(options));
  return servers;
}

Result<void> check(const Servers& servers, Host host) {
  std::vector<Error> errors;
  if (servers.account && !servers.are_listed) {
    const auto answer = servers.account->client()->get_object(page_of(Target("/servers"), 1, 0));
    if (!answer) errors.push_back(answer.error());
  }
  auto checked = servers.accounts->check();
  if (!checked) errors.push_back(std::move(checked).error());
  return join_errors(host, std::move(errors));
}

}  // namespace postmark
