// How a list is divided into pages. Plain values; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tapster/record_parser.hpp>
#include <tapster/request_template.hpp>
#include <variant>

namespace tapster {

// The first response has all records.
struct SinglePage {};

// Pages by the number of rows before them. With RecordSelector::total the rows are counted: the list is read
// again until every counted row has been seen. Without it, and for bookmarks of integers or tokens, the list
// ends with an empty page, or a 404 if `ends_with_404`: a server may return fewer rows than requested.
struct OffsetPages {
  int64_t size = 100;  // rows of a page
  Place offset = in_query("offset");
  std::optional<Place> limit = in_query("limit");  // where the size goes
  // The API shows only so many rows of a query, whatever its total; 0 for all. A longer list is an error.
  int64_t reachable = 0;
  bool ends_with_404 = false;  // without a total: the page after the last one is a 404
};

// Pages by number. Their ends are found as those of OffsetPages.
struct NumberedPages {
  int64_t size = 100;
  Place page = in_query("page");
  std::optional<Place> limit = in_query("per_page");
  int64_t first = 1;           // the number of the first page
  bool ends_with_404 = false;  // as in OffsetPages
};

// Each response has a text that requests the next page. The list ends without one: the member is absent, null
// or empty.
struct CursorPages {
  std::string from = {};         // a JSON Pointer into the response, such as "/next_cursor"
  std::string from_header = {};  // or the name of a header, in lower case
  Place to = in_query("cursor");
  std::string has_more = {};  // a JSON Pointer to a boolean that ends the list if it is false
  // Whether an error of a page after the first one means that its cursor has expired. The error is then
  // transient, so that the slice is read again from its first page. Any thread.
  std::function<bool(const Error& error)> is_expired = [](const Error& error) {
    return error.http_status == 410;
  };
};

// The header Link with rel="next": https://www.rfc-editor.org/rfc/rfc8288
struct LinkPages {};

// Each response has the URL of the next page at this JSON Pointer. It must have the host of the client.
struct NextUrlPages {
  std::string from = {};
};

// Records in the order of their cursor, oldest first, requested from a time on: each page starts at the
// newest time of the one before. Rows that change, appear or vanish meanwhile move no other row to another
// page, so this reads lists completely that have no total. Rows of the time at which a page starts are shown
// twice, and emitted once. The list ends with a page without new rows. If a full page has rows of one time
// only, `page` goes on; as rows may vanish meanwhile, such pages are read again until they have no new row.
// For streams with Incremental::from.
struct KeysetPages {
  int64_t size = 100;
  std::optional<Place> limit = in_query("per_page");
  Place page = in_query("page");
};

// The place of the next page.
struct NextPage {
  Arguments arguments = {};
  std::string url = {};  // if set, the whole URL, which must have the host of the client
};

// A paginator of your own: gets a response and what the parser found in it, and returns the next page;
// nothing after the last one. It runs inside the response's handler, so it may be called again for the same
// page and must not make requests. Any thread.
using PageFunction =
    std::function<Result<std::optional<NextPage>>(const HttpResponse& response, const Page& page)>;

using Paginator = std::variant<SinglePage, OffsetPages, NumberedPages, CursorPages, LinkPages, NextUrlPages,
                               KeysetPages, PageFunction>;

}  // namespace tapster
