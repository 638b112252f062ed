// The servers of a config, each with its own token, requests and rate limit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tapster/accounts.hpp>
#include <tapster/source.hpp>
#include <vector>

#include "api.hpp"

namespace postmark {

// Makes the streams of one server.
using MakeStreams = std::function<std::vector<tapster::SourceStream>(const std::shared_ptr<Api>& api)>;

struct Servers {
  std::shared_ptr<tapster::Accounts> accounts;
  std::shared_ptr<Api> account;  // with the account token, for the lists of the account; null without it
  bool are_listed = false;       // whether all servers of the account are read
};

// Reads the settings postmark_server_token, postmark_server_tokens, postmark_account_token and all_servers.
// Makes no request. Errors: config, if the config has no token, or has one twice.
tapster::Result<Servers> open_servers(const tapster::json::object& config, tapster::Host host,
                                      const MakeStreams& make);

// Checks every token. The error covers all tokens that do not work.
tapster::Result<void> check(const Servers& servers, tapster::Host host);

}  // namespace postmark
