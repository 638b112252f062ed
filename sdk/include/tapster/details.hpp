// What a list leaves out of its rows, at one request for each row: all columns but the key, or one column.
#pragma once

#include <functional>
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

// Reads the details of rows by hand: requests them by id and appends their records.
class DetailsReader {
 public:
  // The arguments must outlive it.
  DetailsReader(Host host, HttpClient& client, const Details& details, const Projection& projection)
      : host_(host), client_(client), details_(details), parser_(projection, details.records) {}

  // Appends the records of one id. `values` are those of columns that the response does not contain; `visit`
  // may add to a record, see RowVisitor. An id that has vanished is skipped. Errors: those of
  // HttpClient::send and RecordParser::parse.
  Result<void> append(
      std::string_view id, Block& block, const std::vector<Projection::Value>& values = {},
      const RowVisitor& visit = [](const Row&, std::string&) { return Keep::yes; });

  // Appends and pushes the records of these ids, and what the block has already.
  Result<void> push(const std::vector<std::string>& ids, Block& block, Records& records,
                    const std::vector<Projection::Value>& values = {});

 private:
  Host host_;
  HttpClient& client_;
  const Details& details_;
  RecordParser parser_;
};

// Adds a requested column to the lines of a page by hand. The arguments must outlive it.
class RequestedColumnReader {
 public:
  RequestedColumnReader(Host host, HttpClient& client, const RequestedColumn& column)
      : host_(host), client_(client), column_(column) {}

  // Completes the lines of the block, one for each id, and pushes them. Errors: those of HttpClient::send and
  // Records::push.
  Result<void> push(const std::vector<std::string>& ids, Block& block, Records& records);

 private:
  Result<std::string> value_of(const std::string& id);

  Host host_;
  HttpClient& client_;
  const RequestedColumn& column_;
};

// A block is pushed when it reaches this size in bytes.
constexpr size_t large_block = 1U << 20U;

}  // namespace tapster
