// Streams by declaration: what to request, how the response is paged, where the records are, and what is
// incremental. What is not said has the default that most APIs want; what is odd is a function.
//
//     DeclaredStream issues{.stream = {.name = "issues", .key = {"id"}, .replication_key = "updated_at",
//                                      .columns = {{"id", Type::integer, "/id"}, …}},
//                           .request = {.path = "/repos/acme/site/issues", .query = {{"state", "all"}}},
//                           .paginator = LinkPages{},
//                           .incremental = Incremental{.start = start, .from = in_query("since")}};
//     return Source{.streams = {declare(host, client, issues), …}};
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tapster/http.hpp>
#include <tapster/incremental.hpp>
#include <tapster/paginator.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/request_template.hpp>
#include <tapster/source.hpp>
#include <vector>

namespace tapster {

// What the rows of a list leave out, at one request for each row.
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

// A value beside the records, which becomes a column of each of them.
struct BesideColumn {
  std::string from;    // a JSON Pointer into the response
  std::string column;  // which has no path
};

struct DeclaredStream {
  Stream stream;
  RequestTemplate request;
  RecordSelector records = {};
  Paginator paginator = SinglePage{};
  std::optional<Incremental> incremental = {};  // without it each sync reads everything
  std::optional<Partitions> partitions = {};
  std::optional<Details> details = {};  // the columns are in them; the list has only the key
  std::optional<RequestedColumn> requested = {};
  std::vector<BesideColumn> beside = {};  // parses each response twice
  // Whether an error of the first request of a slice means that the slice has no records. Any thread.
  std::function<bool(const Error& error, const json::object& slice)> means_empty = {};
};

// Returns the stream of a declaration. A mistake in it, such as a bound without a place, becomes
// SourceStream::failure, which fails the open. Declared and hand-written streams mix in one source.
SourceStream declare(Host host, std::shared_ptr<HttpClient> client, DeclaredStream declared);
std::vector<SourceStream> declare(Host host, const std::shared_ptr<HttpClient>& client,
                                  std::vector<DeclaredStream> declared);

// Reads all of a stream into memory, without a state: for a small list that the connector itself needs, such
// as that of its partitions. Errors: those of the stream.
Result<std::vector<json::object>> read_all(const SourceStream& stream);

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
