// What a list leaves out of its rows, at one request for each row: all columns but the key, or one column.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/host.hpp>
#include <tapster/http.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/request_template.hpp>
#include <vector>

namespace tapster {

// A request for each row of a list; all columns are in its response.
struct Details {
  std::string what = "row";     // what a row is, in the log: "message 12 skipped"
  RequestTemplate request;      // {id} in its path is the key of the listed row, which is one column
  RecordSelector records = {};  // the record, or the records
  // Columns that the response does not contain: the key of the listed row, and a number that distinguishes
  // records of one response whose keys are equal otherwise, from 0. Empty for none.
  std::string id_column = {}, twin_column = {};
  // Whether an error means that the row has vanished since it was listed; it is then skipped, with a warning.
  std::function<bool(const Error& error)> is_gone = [](const Error& error) {
    return error.http_status == 404;
  };
};

// A column of the listed rows that costs a request for each of them. It is requested only if it is selected.
struct RequestedColumn {
  std::string column;        // which has no path
  std::string what = "row";  // what a row is, in the log
  RequestTemplate request;   // {id} in its path is the key of the listed row, which is one column
  // Returns the column's value from the response, a JSON object. It runs inside the response's handler, so it
  // may be called again for the same row and must not make requests. Any thread.
  std::function<json::value(const json::object& response)> value;
  // As in Details. The column of such a row is null.
  std::function<bool(const Error& error)> is_gone = [](const Error& error) {
    return error.http_status == 404;
  };
};

// Emits the rows that a list shows: as they are, or after the requests that they need. The arguments must
// outlive it. One thread at a time.
class ListedRows {
 public:
  // `projection` has the columns of the emitted rows. A requested column that is not selected costs nothing.
  ListedRows(Host host, HttpClient& client, const std::optional<Details>& details,
             const std::optional<RequestedColumn>& requested, const Projection& projection);

  // What `push` needs of a listed row: its line, and its id.
  [[nodiscard]] bool keeps_lines() const { return details_ == nullptr; }
  [[nodiscard]] bool keeps_ids() const { return details_ != nullptr || requested_ != nullptr; }

  // Pushes the block after the requests of its rows. With details, `values` are those of columns that their
  // responses do not contain. Not inside a response's handler. Errors: those of HttpClient::send,
  // RecordParser::parse and Records::push.
  Result<void> push(const std::vector<std::string>& ids, Block& block, Records& records,
                    const std::vector<Projection::Value>& values = {});

 private:
  Result<void> append_details(const std::string& id, Block& block, std::vector<Projection::Value> values);
  Result<void> append_column(const std::string& id, std::string_view line, Block& block);
  Result<std::string> value_of(const std::string& id);

  Host host_;
  HttpClient& client_;
  const Details* details_ = nullptr;
  const RequestedColumn* requested_ = nullptr;
  const Projection& projection_;
  std::optional<RecordParser> parser_;  // of the details
};

// A block is pushed when it reaches this size in bytes.
constexpr size_t large_block = 1U << 20U;

}  // namespace tapster
