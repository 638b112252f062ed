// The sandbox's small lists, as rows that the API writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "account.hpp"
#include "api.hpp"

namespace tapster::sandbox {

// Of a server. There are more templates than a page holds, and each day there is a new one, which comes
// first.
std::string server_row(const Account& account, std::string_view token);
std::string message_stream_row(const Account& account, const MessageStream& stream);
std::vector<std::string> templates(const Account& account);
std::vector<std::string> suppressions(const Account& account, size_t stream);
std::vector<std::string> inbound_rules();
std::string delivery_stats(const Account& account);

// Of an account.
std::vector<std::string> domains();
std::vector<std::string> sender_signatures();

// The page of these rows that `count` and `offset` ask for.
Answer page_of(std::string_view name, const std::vector<std::string>& rows, const Query& query);

}  // namespace tapster::sandbox
