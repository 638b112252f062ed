// Reads queries of messages_outbound with the SDK's reader of lists whose responses count their rows, in this
// process.
#pragma once

#include <string>
#include <vector>

namespace tapster::bench {

// The pages of one query, in order.
using PagesOfQuery = std::vector<std::string>;

// Reads the queries from these pages: parses all columns, and keeps the key of each row, to count the rows
// and to leave out those that a list shows twice. Throws the lines away. Returns the CPU seconds, without
// those of copying the pages. Throws if the pages of a query do not have all of its rows.
double read_counted(const std::vector<PagesOfQuery>& queries);

}  // namespace tapster::bench
