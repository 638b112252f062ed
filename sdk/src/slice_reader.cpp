// A read of one slice is one of:
//   counted  pages by offset or number whose responses count the rows: see CountedPages.
//   paged    any other paginator: the pages follow each other until the last one. A page, a cursor or a URL
//            that repeats is an error.
//   streamed the pages are parsed while they arrive: see StreamedReader. An export is one of these.
// With details, the pages give ids, and each id is requested.
//
// A paged or streamed read reports its progress after a page or a block if the order of the rows says what
// has been read: see OrderedProgress.
#include "slice_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <tapster/counted_pages.hpp>
#include <tapster/details.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "beside_values.hpp"
#include "bounds.hpp"
#include "export_reader.hpp"
#include "keyset_paging.hpp"
#include "next_page.hpp"
#include "ordered_progress.hpp"
#include "page_rows.hpp"
#include "page_size.hpp"
#include "row_id.hpp"
#include "streamed_reader.hpp"

namespace tapster {

using Unit = Incremental::Unit;

namespace {

// After so many pages in a row without records, a list with a next page counts as endless.
constexpr int most_empty_pages = 100;

// Whether the value is a bookmark of integers or tokens.
bool fits(Unit unit, const json::value* value) {
  return value != nullptr && (unit == Unit::integer ? value->is_int64() : value->is_string());
}

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
    progress_ = OrderedProgress(window_);
    if (prepared_.listed) listed_ = *Projection::create(*prepared_.listed, {});
    rows_.emplace(prepared_.host, *prepared_.client, prepared_.stream.details, prepared_.stream.requested,
                  projection_);
    if (std::holds_alternative<KeysetPages>(prepared_.stream.paginator)) keyset_.emplace(prepared_, *window_);
    auto read = read_rows();
    if (!read && !is_started_ && is_expired(read.error())) {
      prepared_.host.warning(fmt::format("{}: its token has expired, so it is read from its start: {}",
                                         prepared_.stream.stream.name, read.error().message));
      forget_token();
      read = read_rows();
    }
    const auto& means_empty = prepared_.stream.means_empty;
    const bool is_first = !read && !is_started_ && read.error().status != Status::cancelled;
    if (is_first && means_empty && means_empty(read.error(), slice_)) return {};
    const auto& parent = prepared_.stream.parent;
    if (!is_first || !parent || !parent->skip_missing || !parent->is_missing(read.error())) return read;
    skip_parent(prepared_, read.error().message);
    return {};
  }

 private:
  Result<void> read_rows() {
    if (prepared_.stream.streaming || prepared_.stream.asynchronous) return read_streamed();
    return prepared_.is_counted() ? read_counted() : read_paged();
  }

  // Turns the slice into arguments.
  Result<void> bind() {
    if (const auto& partitions = prepared_.stream.partitions) bind_partition(*partitions);
    if (!prepared_.planner) return {};
    const auto& incremental = prepared_.planner->incremental();
    if (incremental.unit == Unit::time) {
      const auto window = window_of(slice_);
      if (!window) return Failed(window.error());
      window_ = *window;
      const auto* reached = find_string(slice_, "reached");
      if (const auto time = reached ? parse_time(view(*reached)) : std::nullopt)
        window_->from = std::chrono::floor<std::chrono::microseconds>(*time);
      add(bounds_of(*prepared_.planner, *window_));
    } else if (incremental.unit == Unit::day) {
      const auto range = days_of(slice_);
      if (!range) return Failed(range.error());
      add(bounds_of(*prepared_.planner, *range));
    } else if (const auto* after = start_of_slice(); after != nullptr && incremental.from) {
      arguments_.push_back({*incremental.from, *after});
      if (const auto* reached = slice_.if_contains("reached"); fits(incremental.unit, reached))
        reached_ = *reached;
    }
    return {};
  }

  // Of integers and tokens; null for a slice from the start.
  [[nodiscard]] const json::value* start_of_slice() const {
    const auto* reached = slice_.if_contains("reached");
    return reached != nullptr ? reached : slice_.if_contains("after");
  }

  [[nodiscard]] bool is_expired(const Error& error) const {
    const auto& incremental = prepared_.stream.incremental;
    return incremental && incremental->unit == Unit::token && start_of_slice() != nullptr &&
           error.status != Status::cancelled && incremental->is_expired && incremental->is_expired(error);
  }

  void forget_token() {
    const auto& place = *prepared_.stream.incremental->from;
    std::erase_if(arguments_, [&](const Argument& argument) {
      return argument.place.in == place.in && argument.place.name == place.name;
    });
    reached_.reset();
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
      note_reached(shown);
      auto next = next_page(shown);
      if (next && is_out_of_order(shown.rows)) next = not_sorted(prepared_.stream.stream);
      auto emitted = next && *next ? emit_and_report(shown.rows) : emit(block_, ids_);
      if (!emitted) return emitted;
      if (!next) return with_context(where, std::move(next).error());
      if (!*next) break;
      if (!may_repeat && !visited.insert(mark_of(**next)).second)
        return source_error(
            fmt::format("{}: the next page was read before: its cursor or URL repeats", where));
      at = **std::move(next);
    }
    return report_end();
  }

  // ---- progress

  // Reports that the whole slice has been read, if its progress says otherwise.
  Result<void> report_end() {
    if (reached_) return report(*reached_);
    if (!has_reported_ && !slice_.contains("reached")) return {};
    auto slice = slice_;
    slice.erase("reached");
    return records_.progress(slice);
  }

  Result<void> report(json::value reached) {
    has_reported_ = true;
    auto slice = slice_;
    slice["reached"] = std::move(reached);
    return records_.progress(slice);
  }

  // Whether the rows are not in the order that was declared. Each page must go on where the last one ended.
  bool is_out_of_order(const PageRows& rows) {
    if (keyset_ || !prepared_.is_ordered()) return false;
    const bool is_back = last_ && rows.first() && *rows.first() < *last_;
    if (rows.last()) last_ = rows.last();
    return is_back || !rows.is_sorted();
  }

  // The position before which every row has been shown; nothing if the order of the rows does not say it.
  [[nodiscard]] std::optional<int64_t> covered(const PageRows& rows) const {
    if (keyset_) return position_of(keyset_->from());
    return prepared_.is_ordered() ? rows.last() : std::nullopt;
  }

  // Emits a page that is not the last one, and reports the progress if there is any.
  Result<void> emit_and_report(const PageRows& rows) {
    if (prepared_.has_token_on_each_page()) {
      auto emitted = emit(block_, ids_);
      return emitted && reached_ ? report(*reached_) : emitted;
    }
    const auto position =
        records_.takes_progress() ? progress_.next(covered(rows), positions_) : std::nullopt;
    if (!position) return emit(block_, ids_);
    const auto count = rows_before(*position, positions_);
    auto front = take_front(block_, count);
    std::vector<std::string> front_ids;
    if (!ids_.empty()) {
      const auto end = ids_.begin() + static_cast<std::ptrdiff_t>(count);
      front_ids.assign(std::move_iterator(ids_.begin()), std::move_iterator(end));
      ids_.erase(ids_.begin(), end);
    }
    auto emitted = emit(front, front_ids);
    if (emitted) emitted = report(progress_.reached_at(*position));
    return emitted ? emit(block_, ids_) : emitted;
  }

  // ---- a page

  // May be called again for the same page.
  Result<void> parse(RecordParser& parser, HttpResponse& response, Shown& shown) {
    static const RowTimes none;
    const auto& known = keyset_ ? keyset_->known() : none;
    shown = {};
    ids_.clear();
    positions_.clear();
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
            positions_.clear();
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
    if (row.is_rejected) return Keep::yes;
    if (keyset_ || prepared_.is_ordered()) positions_.push_back(noted.position);
    if (!rows_->keeps_ids()) return Keep::yes;
    ids_.push_back(id_of(row));
    return rows_->keeps_lines() ? Keep::yes : Keep::no;
  }

  // How far the bookmark of integers or tokens has come.
  void note_reached(const Shown& shown) {
    if (!prepared_.finds_bookmark()) return;
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
    if (prepared_.is_ordered())
      reader.report_with([this](json::value reached) { return report(std::move(reached)); });
    auto read = reader.read([this](const NextPage& page) {
      auto request = request_with(page.arguments);
      request.url = page.url;
      return request;
    });
    is_started_ = reader.is_started();
    if (reader.reached()) reached_ = reader.reached();
    return read ? report_end() : read;
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
  Positions positions_;  // of its rows that are emitted

  OrderedProgress progress_{std::nullopt};
  bool has_reported_ = false;    // the progress
  std::optional<int64_t> last_;  // the greatest position of the pages before

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
