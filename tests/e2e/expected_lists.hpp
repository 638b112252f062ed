// The rows of the lists that each sync reads completely, made from the sandbox's data and the documented
// columns.
#pragma once

#include "expected.hpp"

namespace tapster::e2e {

// Those of a server that are selected by default, without the columns server_id and server_name.
Tables expected_lists(const sandbox::Account& account);

// Those of an account with these servers.
Tables expected_account_lists(const std::vector<const sandbox::Account*>& servers);

// The rows of template_details, without the columns server_id and server_name, and those of domain_details
// and sender_signature_details.
Tables expected_template_details(const sandbox::Account& account);
Tables expected_account_details();

}  // namespace tapster::e2e
