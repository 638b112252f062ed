// The rows of the lists that each sync reads completely, made from the sandbox's data and the documented
// columns.
#pragma once

#include "expected.hpp"

namespace tapster::e2e {

// Those of a server, without the columns server_id and server_name.
Tables expected_lists(const sandbox::Account& account);

// Those of an account with these servers.
Tables expected_account_lists(const std::vector<const sandbox::Account*>& servers);

}  // namespace tapster::e2e
