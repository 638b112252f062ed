// The rows that a sync of the sandbox must read. They are made from the sandbox's data and the documented
// columns, without code of the connector.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "account.hpp"

namespace tapster::e2e {

namespace json = boost::json;

// Records by the JSON text of their key.
using Rows = std::map<std::string, json::object>;
// Rows by stream.
using Tables = std::map<std::string, Rows>;

// Adds a record, and says whether its key was new. A later record takes the place of an earlier one, as a
// warehouse has it.
bool upsert(Tables& tables, const std::string& stream, json::object record);

// All rows of the streams that are selected by default: messages sent and events from the Eastern day `start`
// up to and without `end`, messages received and statistics of each day from `start` to the sandbox's today.
Tables expected_tables(const sandbox::Account& account, std::string_view start, sandbox::Time end,
                       bool has_read_time = true);

// The rows of the streams that cost a request per row of a list with times: message_events,
// messages_outbound_details, messages_inbound_details and bounce_dumps. They are from the Eastern day `start`
// up to and without `end`.
Tables expected_details(const sandbox::Account& account, std::string_view start, sandbox::Time end);

// The statistics of all messages, of each Eastern day from `start` to the sandbox's today.
Tables expected_statistics(const sandbox::Account& account, std::string_view start,
                           bool has_read_time = true);
// The opens by reading time of all messages, which are not selected by default.
Tables expected_read_times(const sandbox::Account& account, std::string_view start);
// The statistics of each of these message streams, and of each of these tags.
Tables expected_by_message_stream(const sandbox::Account& account, std::string_view start,
                                  const std::vector<std::string>& ids);
Tables expected_by_tag(const sandbox::Account& account, std::string_view start,
                       const std::vector<std::string>& tags);

// The rows with the server's columns.
Tables of_server(const Tables& tables, const sandbox::AccountOptions& server);

// Of these rows the messages sent and events from `from` up to and without `to`, times in UTC, and the
// messages received and statistics of the days from `first` to `last`, both included.
Tables part_of(const Tables& tables, std::string_view from, std::string_view to, std::string_view first,
               std::string_view last);
// The tables of the streams whose names begin with this.
Tables streams_of(const Tables& tables, std::string_view prefix);
// The tables of these streams.
Tables only(const Tables& tables, const std::vector<std::string>& names);
// Whether the stream is read by days.
bool is_by_day(std::string_view stream);
// Whether the stream is a list without times, which each sync reads completely.
bool is_list(std::string_view stream);
// Without the status of messages, which changes between two reads.
Tables without_status(Tables tables);
// Upserts rows that were read later.
void merge(Tables& tables, const Tables& later);

// The tables in Singer messages, in JSON lines of standard output, or in the files of a directory, without
// incomplete lists. `doubled` counts rows with a key that was read before.
Tables tables_of_singer(std::string_view text, size_t& doubled);
Tables tables_of_jsonl(std::string_view text, size_t& doubled);
Tables tables_of_files(const std::string& directory, size_t& doubled);
// The files with records that a reader sees below a directory, sorted, and their unpacked content.
std::vector<std::filesystem::path> parts_of(const std::filesystem::path& directory);
std::string text_of_parts(const std::filesystem::path& folder);

// The differences in a few lines; empty if there are none.
std::string difference(const Tables& expected, const Tables& actual);

}  // namespace tapster::e2e
