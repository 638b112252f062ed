// What Postmark has: each stream as a table of columns and the endpoint that they come from. A stream like
// one of these is added here, and nowhere else.
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
  std::string_view records;  // the answer's member that holds the rows
  // The statistic whose daily counts say roughly how many rows there are, and the count's name; without one
  // all counts of a day are added up.
  std::string_view volume_path, volume_count = {};
  // A filter that divides the rows of one second, with all the values it can have.
  std::string_view divider;
  std::vector<std::string_view> divider_values;
  // Whether two rows may be equal in all of the key. Where the key is an id, a second row is the same one
  // again.
  bool has_twins = false;
  // Whether the reference documents fromdate and todate for this list.
  bool documents_dates = true;
  // Whether inbound message streams may have rows too.
  bool with_inbound = false;
  // The rows are no rows of the list, but in the details of each of its messages: one request a message.
  bool in_details = false;
  // The details' member that holds the rows; without one the details are the row.
  std::string_view detail_rows = {};
};

// Counts by Eastern day.
struct Statistics {
  tapster::Stream stream;
  std::string_view path;
  enum class Shape {
    day,          // the answer is one day's counts: one request a day
    days,         // "Days" holds a record for each day that has counts
    days_by_key,  // as days, and each count becomes a row of its own, named by its key
  } shape = Shape::days;
  std::string_view name_column = {};  // of days_by_key: the column of the key
  // What the counts of a row are of: all messages, or those of one message stream or with one tag.
  enum class By { everything, message_stream, tag } by = By::everything;
};

// Messages received: a list that is filtered by day, and whose rows do not say when they came.
struct Inbound {
  tapster::Stream stream;
  std::string_view path;     // of the endpoint
  std::string_view records;  // the answer's member that holds the rows
  // All values of the filter by status, without which the list shows one alone; in the order that a message
  // goes through them.
  std::vector<std::string_view> statuses;
};

// A list without times, which is read as a whole each time.
struct SmallList {
  tapster::Stream stream;
  // Of the endpoint; {message_stream} in it stands for the id of each message stream.
  std::string_view path;
  std::string_view records = {};  // the answer's member that holds the rows; without it the answer is the row
  std::vector<tapster::Target::Value> query = {};  // parameters of every request
  bool is_paged = false;                           // by count and offset, with a TotalCount
  bool is_of_account = false;                      // and so needs the account's token
  // A member of the answer beside the rows, such as "/Total", and the column of every row that it becomes.
  std::string_view shared = {}, shared_column = {};
};

// All live as long as the process.
const std::vector<Activity>& activities();
const std::vector<Statistics>& statistics();
// Another of each of the statistics, with a row for each message stream or tag: "…_by_message_stream",
// "…_by_tag".
const std::vector<Statistics>& statistics_by_message_stream();
const std::vector<Statistics>& statistics_by_tag();
const Inbound& inbound();
const std::vector<SmallList>& small_lists();

}  // namespace postmark
