// The streams of Postmark: each has its columns and the endpoint that they come from. To add a stream of one
// of these kinds, add an entry to the table of its kind.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/declared.hpp>
#include <tapster/error.hpp>

#include <vector>

#include "config.hpp"

namespace postmark {

class Api;

// A list of messages or events: rows with a time, listed newest first, filtered by message stream and time.
struct Activity {
  tapster::Stream stream;
  std::string path;     // of the endpoint
  std::string records;  // where the rows are in the response
  // The statistics whose daily counts estimate the number of rows, and the name of the count; without a name
  // all counts of a day are added up.
  std::string volume_path, volume_count = {};
  // A filter that divides the rows of one second, and all its values.
  std::string divider;
  tapster::Names divider_values;
  // Whether different rows may have the same key. False if the key is an id: a second row is the same one
  // again.
  bool has_twins = false;
  // Whether the reference documents fromdate and todate for this list.
  bool documents_dates = true;
  // Whether inbound message streams may have rows too.
  bool with_inbound = false;
  // If set, the list has messages, with these columns, and the rows are in their details.
  std::optional<tapster::Details> details = {};
  tapster::Stream listed = {};
  std::optional<tapster::RequestedColumn> requested = {};
  // Whether every row costs a request. Then slices have fewer rows.
  bool is_costly = false;
};

// Counts by Eastern day.
struct Statistics {
  tapster::Stream stream;
  std::string path;
  enum class Shape {
    day,          // the response has the counts of one day: one request per day
    days,         // "Days" has a record for each day with counts
    days_by_key,  // as days, but each count becomes a row of its own, named by its key
  } shape = Shape::days;
  std::string name_column = {};  // for days_by_key: the column of the key
  // What a row counts: all messages, or those of one message stream or with one tag.
  enum class By { everything, message_stream, tag } by = By::everything;
};

// Received messages: a list that is filtered by day, and whose rows do not say when they arrived.
struct Inbound {
  tapster::Stream stream;
  std::string path;     // of the endpoint
  std::string records;  // where the rows are in the response
  // All values of the filter by status, in the order that a message goes through them. Without the filter the
  // list shows only one status.
  tapster::Names statuses;
  // If set, the rows are in the details of the listed messages, which have these columns.
  std::optional<tapster::Details> details = {};
  tapster::Stream listed = {};
};

// A list of a server without times, read completely by each sync.
struct List {
  tapster::DeclaredStream declared;

  bool by_message_stream = false;  // each message stream has its own list
};

// How Postmark's lists are paged.
tapster::OffsetPages list_pages();

// All tables live as long as the process.
const std::vector<Activity>& activities();
const std::vector<Statistics>& statistics();
// A copy of each statistics stream that is selected by default, with a row for each message stream or tag:
// "…_by_message_stream", "…_by_tag".
const std::vector<Statistics>& statistics_by_message_stream();
const std::vector<Statistics>& statistics_by_tag();
const std::vector<Inbound>& inbounds();
const std::vector<List>& lists();
// Those of the account, which need its token.
const std::vector<tapster::DeclaredStream>& account_lists();

// Each returns the stream as one server has it. `api` is null if only the declaration and `advance` are used.
tapster::SourceStream make_stream(const Activity& activity, const std::shared_ptr<Api>& api,
                                  const Config& config, tapster::Host host);
tapster::SourceStream make_stream(const Statistics& statistics, const std::shared_ptr<Api>& api,
                                  const Config& config, tapster::Host host);
tapster::SourceStream make_stream(const Inbound& inbound, const std::shared_ptr<Api>& api,
                                  const Config& config, tapster::Host host);
tapster::SourceStream make_stream(const List& list, const std::shared_ptr<Api>& api, const Config& config,
                                  tapster::Host host);

}  // namespace postmark
