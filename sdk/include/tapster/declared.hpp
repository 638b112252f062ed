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
#include <tapster/details.hpp>
#include <tapster/export.hpp>
#include <tapster/http.hpp>
#include <tapster/incremental.hpp>
#include <tapster/paginator.hpp>
#include <tapster/parent.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/request_template.hpp>
#include <tapster/source.hpp>
#include <vector>

namespace tapster {

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
  std::optional<Parent> parent = {};      // instead of `incremental` and `partitions`, which are the parent's
  // Reads each response while it arrives, so that it may be larger than memory; a record may have up to
  // largest_streamed_record bytes. If the connection breaks, the response is requested again, and the rows
  // that were pushed must come again: give the request an order that does not change. For lists whose pages
  // name the next one, or of one page. A row that comes twice is emitted twice.
  bool streaming = false;
  // `request` creates an export, which is streamed when it is ready.
  std::optional<Export> asynchronous = {};
  // Whether an error of the first request of a slice means that the slice has no records. Any thread.
  std::function<bool(const Error& error, const json::object& slice)> means_empty = {};
};

// Returns the stream of a declaration. A mistake in it, such as a bound without a place, becomes
// SourceStream::failure, which fails the open. Declared and hand-written streams mix in one source.
SourceStream declare(Host host, const std::shared_ptr<HttpClient>& client, DeclaredStream declared);

// Returns several streams in this order. Parents and their children must be declared in one call; with
// Accounts, in one call for each account: see Account::streams.
std::vector<SourceStream> declare(Host host, const std::shared_ptr<HttpClient>& client,
                                  std::vector<DeclaredStream> declared);

// Reads all of a stream into memory, without a state: for a small list that the connector itself needs, such
// as that of its partitions. Errors: those of the stream.
Result<std::vector<json::object>> read_all(const SourceStream& stream);

}  // namespace tapster
