// A Postmark account: several servers behind one address, selected by token.
// https://postmarkapp.com/developer/api/servers-api
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api.hpp"

namespace tapster::sandbox {

// Any thread, as long as the clocks of the accounts are not set.
class Servers {
 public:
  // An account with one server. Implicit, because most tests need no more.
  Servers(const Api& only) : servers_{&only} {}
  // All servers must outlive this.
  explicit Servers(std::vector<const Api*> servers, std::string account_token = "sandbox-account-token")
      : servers_(std::move(servers)), account_token_(std::move(account_token)) {}

  // Returns the response to GET `target`. The tokens are the headers X-Postmark-Server-Token and
  // X-Postmark-Account-Token, or empty.
  [[nodiscard]] Answer get(std::string_view target, std::string_view server_token,
                           std::string_view account_token) const;

 private:
  std::vector<const Api*> servers_;
  std::string account_token_ = "sandbox-account-token";
};

}  // namespace tapster::sandbox
