// The small lists of the sandbox, as JSON rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account.hpp"
#include "api.hpp"

namespace tapster::sandbox {

// Lists of a server. There are more templates than fit on a page. Each day there is a new one, at the start.
std::string server_row(const Account& account, std::string_view token);
std::string message_stream_row(const Account& account, const MessageStream& stream);
std::vector<std::string> templates(const Account& account);
std::vector<std::string> suppressions(const Account& account, size_t stream);
std::vector<std::string> inbound_rules();
std::vector<std::string> webhooks();
std::string delivery_stats(const Account& account);

// Lists of an account.
std::vector<std::string> domains();
std::vector<std::string> sender_signatures();

// The responses to a request for one of them, by its id; nothing if there is none.
std::optional<std::string> template_details(const Account& account, std::string_view id);
std::optional<std::string> domain_details(std::string_view id);
std::optional<std::string> sender_signature_details(std::string_view id);

// Returns the page of these rows for `count` and `offset` of the query.
Answer page_of(std::string_view name, const std::vector<std::string>& rows, const Query& query);

}  // namespace tapster::sandbox
