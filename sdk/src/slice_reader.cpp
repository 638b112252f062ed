// A read of one slice is one of:
//   counted  pages by offset or number whose responses count the rows: see CountedPages.
//   paged    any other paginator: the pages follow each other until the last one. A page, a cursor or a URL
//            that repeats is an error.
//   streamed the pages are parsed while they arrive: see StreamedReader. An export is one of these.
// With details, the pages give ids, and each id is requested.
#include "slice_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <tapster/counted_pages.hpp>
#include <tapster/details.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "beside_values.hpp"
#include "bounds.hpp"
#include "export_reader.hpp"
#include "keyset_paging.hpp"
#include "next_page.hpp"
#include "page_rows.hpp"
#include "page_size.hpp"
#include "row_id.hpp"
#include "streamed_reader.hpp"

namespace tapster {

using Unit = Incremental::Unit;

namespace {

// After so many pages in a row without records, a list with a next page counts as endless.
constexpr int most_empty_pages = 100;

class SliceReader {
 public:
  SliceReader(const PreparedStream& prepared, const ReadRequest& request, Records& records,
              Arguments arguments)
      : prepared_(prepared),
        slice_(request.slice),
        records_(records),
        projection_(request.projection),
        beside_(prepared),
        arguments_(std::move(arguments)) {}

  Result<void> read() {
    auto bound = bind();
    if (!bound) return bound;
    if (prepared_.listed) listed_ = *Projection::create(*prepared_.listed, {});
    rows_.emplace(prepared_.host, *prepared_.client, prepared_.stream.details, prepared_.stream.requested,
                  projection_);
    if (std::holds_alternative<KeysetPages>(prepared_.stream.paginator)) keyset_.emplace(prepared_, *window_);
    const bool is_streamed = prepared_.stream.streaming || prepared_.stream.asynchronous;
    auto read = is_streamed ? read_streamed() : prepared_.is_counted() ? read_counted() : read_paged();
    const auto& means_empty = prepared_.stream.means_empty;
    const bool is_first = !read && !is_started_ && read.error().status != Status::cancelled;
    if (is_first && means_empty && means_empty(read.error(), slice_)) return {};
    const auto& parent = prepared_.stream.parent;
    if (!is_first || !parent || !parent->skip_missing || !parent->is_missing(read.error())) return read;
    skip_parent(prepared_, read.error().message);
    return {};
  }

 private:
  // Turns the slice into arguments.
  Result<void> bind() {
    if (const auto& partitions = prepared_.stream.partitions) bind_partition(*partitions);
    if (!prepared_.planner) return {};
    const auto& incremental = prepared_.planner->incremental();
    if (incremental.unit == Unit::time) {
      const auto window = window_of(slice_);
      if (!window) return Failed(window.error());
      window_ = *window;
      add(bounds_of(*prepared_.planner, *window));
    } else if (incremental.unit == Unit::day) {
      const auto range = days_of(slice_);
      if (!range) return Failed(range.error());
      add(bounds_of(*prepared_.planner, *range));
    } else if (const auto* after = slice_.if_contains("after"); after != nullptr && incremental.from) {
      arguments_.push_back({*incremental.from, *after});
    }
    return {};
  }

  void bind_partition(const Partitions& partitions) {
    const auto name = text_of(slice_, partitions.member);
    if (partitions.to) arguments_.push_back({*partitions.to, json::string(name)});
    if (!find_column(projection_.stream(), partitions.member)) return;
    std::string quoted;
    append_json_string(quoted, name);
    projection_ = projection_.with(partitions.member, quoted);
  }

  void add(Arguments more) { std::move(more.begin(), more.end(), std::back_inserter(arguments_)); }

  [[nodiscard]] const Projection& list_columns() const { return listed_ ? *listed_ : projection_; }

  // The values beside the records. With details they are in the rows of the details.
  [[nodiscard]] std::vector<Projection::Value> values_of_list() const {
    return rows_->keeps_lines() ? beside_.values() : std::vector<Projection::Value>();
  }

  // Whether a row with this time belongs to the slice.
  [[nodiscard]] bool is_inside(std::optional<FineTime> time) const {
    return !window_ || !time || (*time >= window_->from && *time < window_->to);
  }

  [[nodiscard]] HttpRequest request_with(const Arguments& more) const {
    auto all = arguments_;
    all.insert(all.end(), more.begin(), more.end());
    return prepared_.stream.request.build(all);
  }

  // ---- counted

  Result<void> read_counted() {
    const auto* offsets = prepared_.offset_pages();
    std::vector<std::string> ids;  // whose details are requested
    CountedPages pages(prepared_.host, list_columns(), prepared_.selector,
                       {.page_size = page_size(prepared_.stream.paginator),
                        .reachable = offsets ? offsets->reachable : 0,
                        .keeps_lines = rows_->keeps_lines(),
                        .keeps_ids = rows_->keeps_ids(),
                        .takes_rejects = records_.takes_rejects()},
                       [&](Block& block, const std::vector<std::string>& page) -> Result<void> {
                         is_started_ = true;
                         if (rows_->keeps_lines()) return emit(block, page);
                         // Requesting the details takes long, and the list may change meanwhile.
                         ids.insert(ids.end(), page.begin(), page.end());
                         return records_.push(block);
                       });
    CountedQuery query;
    query.where = request_with({}).target.text() + ": ";
    query.get = [&](int64_t offset, const HttpClient::Handler& handler) {
      return prepared_.client->send(request_with(counted_page(prepared_, offset)),
                                    handler_for([&](HttpResponse& response) {
                                      query.values = values_of_list();
                                      return handler(response);
                                    }));
    };
    if (offsets && offsets->reachable > 0)
      query.is_enough = [offsets](const Page& page) { return *page.total >= offsets->reachable; };
    if (window_) {
      query.is_wanted = [this](FineTime time) { return is_inside(time); };
      query.default_time = window_->from;
    }
    const auto total = pages.read(query);
    if (!total) return Failed(total.error());
    if (offsets && offsets->reachable > 0 && *total >= offsets->reachable)
      return source_error(fmt::format("{}the list has {} rows, but the API shows at most {} rows",
                                      query.where, *total, offsets->reachable));
    Block block;
    block.takes_rejects = records_.takes_rejects();
    return rows_->keeps_lines() ? Result<void>() : emit(block, ids);
  }

  // ---- paged

  struct Shown {
    Page page;
    PageRows rows;
    size_t hash = 0;
    std::optional<NextPage> named;  // the next page, if the response names it
  };

  Result<void> read_paged() {
    RecordParser parser(list_columns(), prepared_.selector);
    NextPage at = first_page();
    std::set<std::string> visited;  // cursors and URLs
    std::set<size_t> hashes;        // of the pages
    int empty_pages = 0;
    while (true) {
      auto request = request_with(at.arguments);
      request.url = at.url;
      Shown shown;
      auto got = prepared_.client->send(request, handler_for([&](HttpResponse& response) -> Result<void> {
                                          return parse(parser, response, shown);
                                        }));
      if (!got && is_after_last(got.error())) break;
      if (!got && is_expired(at, got.error())) return cursor_expired(std::move(got).error());
      if (!got) return got;
      is_started_ = true;
      const auto& where = request.target.text();
      // Keyset pages overlap.
      const bool may_repeat = keyset_.has_value();
      if (!may_repeat && shown.page.rows > 0 && !hashes.insert(shown.hash).second)
        return source_error(
            fmt::format("{}: the page has the same rows as a page before it: the API or a cache ignores the "
                        "parameter of the page",
                        where));
      empty_pages = shown.page.rows == 0 ? empty_pages + 1 : 0;
      if (empty_pages > most_empty_pages)
        return source_error(fmt::format("{}: {} pages in a row have no records, and each names a next page",
                                        where, empty_pages));
      block_.extracted_at = prepared_.host.now();
      auto emitted = emit(block_, ids_);
      if (!emitted) return emitted;
      note_reached(shown);
      auto next = next_page(shown);
      if (!next) return with_context(where, std::move(next).error());
      if (!*next) break;
      if (!may_repeat && !visited.insert(mark_of(**next)).second)
        return source_error(
            fmt::format("{}: the next page was read before: its cursor or URL repeats", where));
      at = **std::move(next);
    }
    return reached_ ? records_.progress(slice_with_reached()) : Result<void>();
  }

  [[nodiscard]] json::object slice_with_reached() const {
    auto slice = slice_;
    slice["reached"] = *reached_;
    return slice;
  }

  // May be called again for the same page.
  Result<void> parse(RecordParser& parser, HttpResponse& response, Shown& shown) {
    static const RowTimes none;
    const auto& known = keyset_ ? keyset_->known() : none;
    shown = {};
    ids_.clear();
    block_.clear();
    block_.takes_rejects = records_.takes_rejects();
    const bool has_key = !prepared_.stream.stream.key.empty();
    const auto body_hash = has_key ? 0 : std::hash<std::string_view>()(response.body);
    auto parsed = parser.parse(
        response.body, block_,
        [&](const Row& row, std::string&) {
          if (row.index == 0) {  // the parser may start over
            shown.rows = {};
            ids_.clear();
          }
          return take(row, shown.rows.note(row, known));
        },
        values_of_list());
    if (!parsed) return Failed(std::move(parsed).error());
    shown.page = *std::move(parsed);
    shown.hash = has_key ? shown.rows.hash() : body_hash;
    auto named = named_page(prepared_, response, shown.page);
    if (!named) return Failed(std::move(named).error());
    shown.named = *std::move(named);
    return {};
  }

  Keep take(const Row& row, PageRows::Noted noted) {
    if (!noted.is_new || !is_inside(noted.time)) return Keep::no;
    if (row.is_rejected || !rows_->keeps_ids()) return Keep::yes;
    ids_.push_back(id_of(row));
    return rows_->keeps_lines() ? Keep::yes : Keep::no;
  }

  // How far the bookmark of integers or tokens has come.
  void note_reached(const Shown& shown) {
    if (!prepared_.reports_progress()) return;
    if (prepared_.planner->incremental().unit == Unit::token) {
      if (const auto token = value_at(shown.page, prepared_.token); token && !token->empty())
        reached_ = json::string(*token);
    } else if (const auto greatest = shown.rows.greatest()) {
      if (!reached_ || reached_->get_int64() < *greatest) reached_ = *greatest;
    }
  }

  NextPage first_page() {
    if (keyset_) return keyset_->page();
    if (prepared_.offset_pages() || prepared_.numbered_pages()) return {counted_page(prepared_, 0), {}};
    return {};
  }

  // Returns the page after this one; nothing if it is the last.
  Result<std::optional<NextPage>> next_page(const Shown& shown) {
    if (keyset_) return keyset_->next(shown.page, shown.rows);
    if (!prepared_.offset_pages() && !prepared_.numbered_pages()) return shown.named;
    // A server may give fewer rows than requested, so only an empty page proves the end.
    if (shown.page.rows == 0) return std::optional<NextPage>();
    offset_ += prepared_.offset_pages() ? static_cast<int64_t>(shown.page.rows)
                                        : page_size(prepared_.stream.paginator);
    return std::optional(NextPage{counted_page(prepared_, offset_), {}});
  }

  // Whether the error means that the page does not exist.
  [[nodiscard]] bool is_after_last(const Error& error) const {
    const bool ends_with_404 = (prepared_.offset_pages() && prepared_.offset_pages()->ends_with_404) ||
                               (prepared_.numbered_pages() && prepared_.numbered_pages()->ends_with_404);
    constexpr int not_found = 404;
    return ends_with_404 && offset_ > 0 && error.status == Status::source && error.http_status == not_found;
  }

  // Whether the cursor of the page has expired. Another attempt begins with the first page.
  [[nodiscard]] bool is_expired(const NextPage& page, const Error& error) const {
    const auto* cursors = std::get_if<CursorPages>(&prepared_.stream.paginator);
    return cursors != nullptr && !page.arguments.empty() && error.status != Status::cancelled &&
           cursors->is_expired && cursors->is_expired(error);
  }

  static Failed cursor_expired(Error error) {
    error.status = Status::transient;
    error.message += "; the cursor has expired, so the list must be read from its first page";
    return Failed(std::move(error));
  }

  // ---- streamed

  Result<void> read_streamed() {
    StreamedReader reader(prepared_, projection_, records_, window_);
    if (prepared_.stream.asynchronous) return read_export(prepared_, slice_, arguments_, records_, reader);
    auto read = reader.read([this](const NextPage& page) {
      auto request = request_with(page.arguments);
      request.url = page.url;
      return request;
    });
    is_started_ = reader.is_started();
    reached_ = reader.reached();
    return read && reached_ ? records_.progress(slice_with_reached()) : read;
  }

  // ---- all

  // Parses the values beside the records first.
  HttpClient::Handler handler_for(HttpClient::Handler handler) {
    if (prepared_.stream.beside.empty()) return handler;
    return [this, handler = std::move(handler)](HttpResponse& response) -> Result<void> {
      auto parsed = beside_.parse(response.body);
      return parsed ? handler(response) : parsed;
    };
  }

  // Emits the rows of a page. Outside of the request's handler.
  Result<void> emit(Block& block, const std::vector<std::string>& ids) {
    return rows_->push(ids, block, records_, beside_.values());
  }

  const PreparedStream& prepared_;
  const json::object& slice_;
  Records& records_;
  Projection projection_;
  std::optional<Projection> listed_;  // with details
  std::optional<ListedRows> rows_;
  BesideValues beside_;
  Arguments arguments_;           // of every request of the slice
  std::optional<Window> window_;  // of its rows
  std::optional<KeysetPaging> keyset_;

  // Of the current page:
  Block block_;
  std::vector<std::string> ids_;

  bool is_started_ = false;             // a request has succeeded
  std::optional<json::value> reached_;  // the bookmark of integers and tokens so far
  int64_t offset_ = 0;                  // rows of the pages before
};

}  // namespace

Result<void> read_slice(const PreparedStream& prepared, const ReadRequest& request, Records& records,
                        Arguments arguments) {
  return SliceReader(prepared, request, records, std::move(arguments)).read();
}

void skip_parent(const PreparedStream& prepared, std::string_view why) {
  prepared.host.warning(fmt::format("{}: a record of {} is skipped: {}", prepared.stream.stream.name,
                                    prepared.stream.parent->stream, why));
  prepared.host.count("skipped_parents");
}

}  // namespace tapster
