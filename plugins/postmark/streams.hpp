// The streams of Postmark: each has its columns and the endpoint that they come from. To add a stream of one
// of these kinds, add an entry to the table of its kind.
#pragma once

#include <string_view>
#include <tapster/stream.hpp>
#include <tapster/target.hpp>
#include <vector>

namespace postmark {

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
  // Whether the rows are in the details of the listed messages, at one request per message.
  bool in_details = false;
  // The member of the details with the rows; if empty, the details are the row.
  std::string_view detail_rows = {};
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
};

// All tables live as long as the process.
const std::vector<Activity>& activities();
const std::vector<Statistics>& statistics();
// A copy of each statistics stream with a row for each message stream or tag: "…_by_message_stream",
// "…_by_tag".
const std::vector<Statistics>& statistics_by_message_stream();
const std::vector<Statistics>& statistics_by_tag();
const Inbound& inbound();
const std::vector<SmallList>& small_lists();

}  // namespace postmark
