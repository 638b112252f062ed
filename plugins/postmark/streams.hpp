// The streams of Postmark: each has its columns and the endpoint that they come from. To add a stream of one
// of these kinds, add an entry to the table of its kind.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/stream.hpp>
#include <tapster/target.hpp>
#include <vector>

namespace postmark {

class Api;

// What the rows of a list leave out, at one request per row.
struct Details {
  std::string_view what;       // what a row is, in the log
  std::string_view path;       // of the endpoint; {id} stands for the row's id
  std::string_view rows = {};  // the member with the rows; if empty, the details are the row
};

// A list of messages or events: rows with a time, listed newest first, filtered by message stream and time.
struct Activity {
  tapster::Stream stream;
  std::string_view path;     // of the endpoint
  std::string_view records;  // the member of the response with the rows
  // The statistics whose daily counts estimate the number of rows, and the name of the count; without a name
  // all counts of a day are added up.
  std::string_view volume_path, volume_count = {};
  // A filter that divides the rows of one second, and all its values.
  std::string_view divider;
  std::vector<std::string_view> divider_values;
  // Whether different rows may have the same key. False if the key is an id: a second row is the same one
  // again.
  bool has_twins = false;
  // Whether the reference documents fromdate and todate for this list.
  bool documents_dates = true;
  // Whether inbound message streams may have rows too.
  bool with_inbound = false;
  // If set, the list has messages, and the rows are in their details.
  std::optional<Details> details = {};
  // A column that costs a request per row, and the function that returns its value as JSON.
  std::string_view requested_column = {};
  tapster::Result<std::string> (*request)(Api& api, std::string_view id) = nullptr;
  // Whether every row costs a request. Then slices have fewer rows.
  bool is_costly = false;
};

// Counts by Eastern day.
struct Statistics {
  tapster::Stream stream;
  std::string_view path;
  enum class Shape {
    day,          // the response has the counts of one day: one request per day
    days,         // "Days" has a record for each day with counts
    days_by_key,  // as days, but each count becomes a row of its own, named by its key
  } shape = Shape::days;
  std::string_view name_column = {};  // for days_by_key: the column of the key
  // What a row counts: all messages, or those of one message stream or with one tag.
  enum class By { everything, message_stream, tag } by = By::everything;
};

// Received messages: a list that is filtered by day, and whose rows do not say when they arrived.
struct Inbound {
  tapster::Stream stream;
  std::string_view path;     // of the endpoint
  std::string_view records;  // the member of the response with the rows
  // All values of the filter by status, in the order that a message goes through them. Without the filter the
  // list shows only one status.
  std::vector<std::string_view> statuses;
  std::optional<Details> details = {};  // if set, the rows are in the details of the listed messages
};

// A list without times. Each sync reads all of it.
struct SmallList {
  tapster::Stream stream;
  // Of the endpoint; {message_stream} in it stands for the id of each message stream.
  std::string_view path;
  std::string_view records = {};  // the member with the rows; if empty, the response is the row
  std::vector<tapster::Target::Value> query = {};  // parameters of every request
  bool is_paged = false;                           // by count and offset, with a TotalCount
  bool is_of_account = false;                      // and needs the account token
  // A member of the response beside the rows, such as "/Total", and the column of every row that gets its
  // value.
  std::string_view shared = {}, shared_column = {};
  // If set, the rows are in the details of the listed ones. The key is one column, and is in the list.
  std::optional<Details> details = {};
};

// Converts a boolean that the API may write as a string, such as "True". Empty is null.
bool yes_or_no(std::string_view text, std::string& out);

// All tables live as long as the process.
const std::vector<Activity>& activities();
const std::vector<Statistics>& statistics();
// A copy of each statistics stream that is selected by default, with a row for each message stream or tag:
// "…_by_message_stream", "…_by_tag".
const std::vector<Statistics>& statistics_by_message_stream();
const std::vector<Statistics>& statistics_by_tag();
const std::vector<Inbound>& inbounds();
const std::vector<SmallList>& small_lists();

}  // namespace postmark
