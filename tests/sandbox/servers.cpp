#include "servers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lists.hpp"

namespace tapster::sandbox {

Answer Servers::get(std::string_view target, std::string_view server_token,
                    std::string_view account_token) const {
  const auto path = target.substr(0, target.find('?'));
  constexpr std::string_view domain = "/domains/";
  constexpr std::string_view sender = "/senders/";
  const bool is_detail = path.starts_with(domain) || path.starts_with(sender);
  if (path == "/servers" || path == "/domains" || path == "/senders" || is_detail) {
    if (account_token != account_token_)
      return {401, R"({"ErrorCode":10,"Message":"The Account Token you provided was invalid."})"};
    if (is_detail) {
      const auto id = path.substr(domain.size());
      const auto body = path.starts_with(domain) ? domain_details(id) : sender_signature_details(id);
      if (body) return {200, *body};
      return {422, fmt::format(R"({{"ErrorCode":{},"Message":"It was not found."}})",
                               path.starts_with(domain) ? 510 : 501)};
    }
    const auto query = parse_query(target);
    if (path == "/domains") return page_of("Domains", domains(), query);
    if (path == "/senders") return page_of("SenderSignatures", sender_signatures(), query);
    std::vector<std::string> all;
    for (const auto* server : servers_) all.push_back(server->server());
    return page_of("Servers", all, query);
  }
  const auto server = std::find_if(servers_.begin(), servers_.end(),
                                   [&](const Api* api) { return api->token() == server_token; });
  // Any server can respond: it rejects a token that is not its own.
  return (server == servers_.end() ? servers_.front() : *server)->get(target, server_token);
}

}  // namespace tapster::sandbox
