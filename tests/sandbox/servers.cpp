#include "servers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tapster::sandbox {

Answer Servers::get(std::string_view target, std::string_view server_token,
                    std::string_view account_token) const {
  if (target.substr(0, target.find('?')) == "/servers") {
    if (account_token != account_token_)
      return {401, R"({"ErrorCode":10,"Message":"The Account Token you provided was invalid."})"};
    return list(target);
  }
  const auto server = std::find_if(servers_.begin(), servers_.end(),
                                   [&](const Api* api) { return api->token() == server_token; });
  // Any server refuses a token that is not its own.
  return (server == servers_.end() ? servers_.front() : *server)->get(target, server_token);
}

Answer Servers::list(std::string_view target) const {
  const auto query = parse_query(target);
  const auto number = [&](std::string_view name) {
    const auto found = query.find(name);
    return found == query.end() ? -1 : std::atoi(found->second.c_str());
  };
  const auto count = number("count");
  const auto offset = number("offset");
  if (count < 1 || count > 500 || offset < 0)
    return {422, R"({"ErrorCode":600,"Message":"Parameters 'count' and 'offset' are required."})"};
  std::string body;
  for (auto i = static_cast<size_t>(offset);
       i < std::min(servers_.size(), static_cast<size_t>(offset + count)); ++i)
    body += (body.empty() ? "" : ",") + servers_[i]->server();
  return {200, fmt::format(R"({{"TotalCount":{},"Servers":[{}]}})", servers_.size(), body)};
}

}  // namespace tapster::sandbox
