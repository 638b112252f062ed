// A declared stream becomes a Plan (which slices, by a Planner or by partitions alone) and a read of one
// slice. A read is one of:
//   counted  pages by offset or number whose responses count the rows: see CountedPages.
//   paged    any other paginator: the pages follow each other until the last one. A page, a cursor or a URL
//            that repeats is an error.
// With details, the pages give ids, and each id is requested.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tapster/counted_pages.hpp>
#include <tapster/declared.hpp>
#include <utility>

#include "declaration.hpp"
#include "link_header.hpp"
#include "numbers.hpp"
#include "row_id.hpp"

namespace tapster {

using Unit = Incremental::Unit;

namespace {

// After so many pages in a row without records, a list with a next page counts as endless.
constexpr int most_empty_pages = 100;

// The rows of a page; 1 if the API decides.
int64_t page_size(const Paginator& paginator) {
  if (const auto* pages = std::get_if<OffsetPages>(&paginator)) return pages->size;
  if (const auto* pages = std::get_if<NumberedPages>(&paginator)) return pages->size;
  const auto* pages = std::get_if<KeysetPages>(&paginator);
  return pages ? pages->size : 1;
}

// The declaration and what follows from it. Constant, shared by the functions of the stream.
struct Declared {
  Host host;
  std::shared_ptr<HttpClient> client;
  DeclaredStream stream;
  std::optional<Planner> planner;
  std::optional<Stream> listed;  // with details: the key column of the list, as a stream of its own
  std::vector<Stream> beside;    // each column beside the records, as a stream of its own
  RecordSelector selector;       // of the list, with the values that the paginator needs
  // Places in Page::values:
  size_t cursor = 0, has_more = 0, token = 0;

  [[nodiscard]] const OffsetPages* offset_pages() const {
    return std::get_if<OffsetPages>(&stream.paginator);
  }
  [[nodiscard]] const NumberedPages* numbered_pages() const {
    return std::get_if<NumberedPages>(&stream.paginator);
  }
  // Whether the rows or the pages tell how far the slice was read.
  [[nodiscard]] bool reports_progress() const {
    const auto& incremental = stream.incremental;
    return incremental && (incremental->unit == Unit::integer || incremental->unit == Unit::token);
  }
  [[nodiscard]] bool is_counted() const {
    return (offset_pages() || numbered_pages()) && !selector.total.empty() && !reports_progress();
  }
};
using Shared = std::shared_ptr<const Declared>;

json::value written(const Incremental& incremental, const Zone& zone, Time time) {
  using Format = Incremental::Format;
  if (incremental.write) return incremental.write(time);
  const auto since_epoch = time.time_since_epoch();
  switch (incremental.unit == Unit::day ? Format::day : incremental.format) {
    case Format::unix_seconds:
      return std::chrono::floor<std::chrono::seconds>(since_epoch).count();
    case Format::unix_milliseconds:
      return std::chrono::floor<std::chrono::milliseconds>(since_epoch).count();
    case Format::day:
      return json::string(format_day(zone.day_of(time)));
    case Format::rfc3339:
      break;
  }
  return json::string(format_time(time));
}

Time rounded_down(Time time, std::chrono::seconds granularity) {
  const auto since_epoch = time.time_since_epoch();
  auto rest = since_epoch % granularity;
  if (rest < std::chrono::microseconds(0)) rest += granularity;
  return time - rest;
}
Time rounded_up(Time time, std::chrono::seconds granularity) {
  const auto down = rounded_down(time, granularity);
  return down == time ? time : down + granularity;
}

// The bounds of a window of time, as the API gets them.
Arguments bounds_of(const Planner& planner, Window window) {
  const auto& incremental = planner.incremental();
  Arguments bounds;
  const auto& zone = planner.zone();
  if (incremental.from) {
    auto from = rounded_down(window.from, incremental.granularity);
    if (incremental.excludes_from) from -= incremental.granularity;
    bounds.push_back({*incremental.from, written(incremental, zone, from)});
  }
  if (!incremental.to) return bounds;
  auto to = rounded_up(window.to, incremental.granularity);
  // A day stands for all of it, or for its start.
  if (incremental.format == Incremental::Format::day && !incremental.write) {
    const auto last = zone.day_of(window.to - std::chrono::microseconds(1));
    to = zone.start_of(incremental.includes_to ? last : last + std::chrono::days(1));
  }
  bounds.push_back({*incremental.to, written(incremental, zone, to)});
  return bounds;
}

// The value of the only column of a stream whose record is the response, as JSON.
Result<std::string> only_value(const Stream& stream, std::string body) {
  const auto projection = Projection::create(stream, {});
  if (!projection) return Failed(projection.error());
  Block block;
  const auto parsed =
      RecordParser(*projection, {}).parse(body, block, [](const Row&, std::string&) { return Keep::yes; });
  if (!parsed) return Failed(parsed.error());
  const auto& line = block.lines;  // {"name":3}
  const auto begin = line.find(':') + 1;
  return line.substr(begin, line.rfind('}') - begin);
}

void log_gone(Host host, const std::string& what, std::string_view id) {
  host.warning(fmt::format("{} {} skipped: it is listed, but no longer has details", what, id));
}

// Appends a value as records are written: a text that is not ASCII stays readable.
void append_json(std::string& out, const json::value& value) {
  if (const auto* text = value.if_string())
    append_json_string(out, view(*text));
  else
    out += json::serialize(value);
}

// Reads one slice.
class Reader {
 public:
  Reader(const Declared& declared, const ReadRequest& request, Records& records)
      : declared_(declared), slice_(request.slice), records_(records), projection_(request.projection) {}

  Result<void> read() {
    auto bound = bind();
    if (!bound) return bound;
    if (declared_.listed) listed_ = *Projection::create(*declared_.listed, {});
    if (declared_.stream.details)
      details_.emplace(declared_.host, *declared_.client, *declared_.stream.details, projection_);
    if (const auto& requested = declared_.stream.requested; requested && projection_.has(requested->column))
      requested_.emplace(declared_.host, *declared_.client, *requested);
    auto read = declared_.is_counted() ? read_counted() : read_paged();
    const auto& means_empty = declared_.stream.means_empty;
    const bool is_first = !read && !is_started_ && read.error().status != Status::cancelled;
    if (is_first && means_empty && means_empty(read.error(), slice_)) return {};
    return read;
  }

 private:
  // Turns the slice into arguments.
  Result<void> bind() {
    if (const auto& partitions = declared_.stream.partitions) {
      const auto name = text_of(slice_, partitions->member);
      if (partitions->to) arguments_.push_back({*partitions->to, json::string(name)});
      if (find_column(projection_.stream(), partitions->member)) {
        std::string quoted;
        append_json_string(quoted, name);
        projection_ = projection_.with(partitions->member, quoted);
      }
    }
    if (!declared_.planner) return {};
    const auto& incremental = declared_.planner->incremental();
    if (incremental.unit == Unit::time) {
      const auto window = window_of(slice_);
      if (!window) return Failed(window.error());
      window_ = *window;
      add(bounds_of(*declared_.planner, *window));
    } else if (incremental.unit == Unit::day) {
      const auto range = days_of(slice_);
      if (!range) return Failed(range.error());
      const auto& zone = declared_.planner->zone();
      const auto end = incremental.includes_to ? range->last : range->last + std::chrono::days(1);
      if (incremental.from)
        arguments_.push_back({*incremental.from, written(incremental, zone, zone.start_of(range->first))});
      if (incremental.to)
        arguments_.push_back({*incremental.to, written(incremental, zone, zone.start_of(end))});
    } else if (const auto* after = slice_.if_contains("after"); after != nullptr && incremental.from) {
      arguments_.push_back({*incremental.from, *after});
    }
    return {};
  }

  void add(Arguments more) { std::move(more.begin(), more.end(), std::back_inserter(arguments_)); }

  [[nodiscard]] const Projection& list_columns() const { return listed_ ? *listed_ : projection_; }

  // The values beside the records. With details they are in the rows of the details.
  [[nodiscard]] std::vector<Projection::Value> values_of_list() const {
    return details_ ? std::vector<Projection::Value>() : beside_;
  }

  // Whether a row with this time belongs to the slice.
  [[nodiscard]] bool is_inside(std::optional<FineTime> time) const {
    return !window_ || !time || (*time >= window_->from && *time < window_->to);
  }

  [[nodiscard]] HttpRequest request_with(const Arguments& more) const {
    auto all = arguments_;
    all.insert(all.end(), more.begin(), more.end());
    return declared_.stream.request.build(all);
  }

  // ---- counted

  Result<void> read_counted() {
    const auto* offsets = declared_.offset_pages();
    std::vector<std::string> ids;  // whose details are requested
    CountedPages pages(declared_.host, list_columns(), declared_.selector,
                       {.page_size = page_size(declared_.stream.paginator),
                        .reachable = offsets ? offsets->reachable : 0,
                        .keeps_lines = !details_,
                        .keeps_ids = details_ || requested_,
                        .takes_rejects = records_.takes_rejects()},
                       [&](Block& block, const std::vector<std::string>& page) -> Result<void> {
                         is_started_ = true;
                         if (!details_) return emit(block, page);
                         // Requesting the details takes long, and the list may change meanwhile.
                         ids.insert(ids.end(), page.begin(), page.end());
                         return records_.push(block);
                       });
    CountedQuery query;
    query.where = request_with({}).target.text() + ": ";
    query.get = [&](int64_t offset, const HttpClient::Handler& handler) {
      return declared_.client->send(request_with(counted_page(offset)),
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
    return details_ ? emit(block, ids) : Result<void>();
  }

  // The arguments of the page after `offset` rows.
  [[nodiscard]] Arguments counted_page(int64_t offset) const {
    Arguments page;
    if (const auto* offsets = declared_.offset_pages()) {
      if (offsets->limit) page.push_back({*offsets->limit, offsets->size});
      page.push_back({offsets->offset, offset});
      return page;
    }
    const auto& numbers = *declared_.numbered_pages();
    if (numbers.limit) page.push_back({*numbers.limit, numbers.size});
    page.push_back({numbers.page, numbers.first + offset / numbers.size});
    return page;
  }

  // ---- paged

  // What a page showed, besides its rows.
  struct Shown {
    Page page;
    size_t hash = 0;   // of its rows
    size_t fresh = 0;  // rows that no page before showed
    std::optional<FineTime> newest, last;
    bool is_sorted = true;  // oldest first
    std::optional<NextPage> next;
  };

  Result<void> read_paged() {
    RecordParser parser(list_columns(), declared_.selector);
    NextPage at = first_page();
    std::set<std::string> visited;  // cursors and URLs
    std::set<size_t> hashes;        // of the pages
    int empty_pages = 0;
    while (true) {
      auto request = request_with(at.arguments);
      request.url = at.url;
      Shown shown;
      auto got = declared_.client->send(request, handler_for([&](HttpResponse& response) -> Result<void> {
                                          return parse(parser, response, shown);
                                        }));
      if (!got && is_after_last(got.error())) break;
      if (!got) return got;
      is_started_ = true;
      const auto& where = request.target.text();
      // Keyset pages overlap.
      const bool may_repeat = std::holds_alternative<KeysetPages>(declared_.stream.paginator);
      if (!may_repeat && shown.page.rows > 0 && !hashes.insert(shown.hash).second)
        return source_error(
            fmt::format("{}: the page has the same rows as a page before it: the API or a cache ignores the "
                        "parameter of the page",
                        where));
      empty_pages = shown.page.rows == 0 ? empty_pages + 1 : 0;
      if (empty_pages > most_empty_pages)
        return source_error(fmt::format("{}: {} pages in a row have no records, and each names a next page",
                                        where, empty_pages));
      block_.extracted_at = declared_.host.now();
      auto emitted = emit(block_, ids_);
      if (!emitted) return emitted;
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
    const auto restart = [&] {
      shown = {};
      ids_.clear();
      fresh_keys_.clear();
      fresh_reached_.reset();
    };
    restart();
    block_.clear();
    block_.takes_rejects = records_.takes_rejects();
    const bool has_key = !declared_.stream.stream.key.empty();
    const auto body_hash = has_key ? 0 : std::hash<std::string_view>()(response.body);
    auto parsed = parser.parse(
        response.body, block_,
        [&](const Row& row, std::string&) {
          if (row.index == 0) restart();
          shown.hash = shown.hash * 31 + std::hash<std::string_view>()(row.key);
          return note(row, shown);
        },
        values_of_list());
    if (!parsed) return Failed(std::move(parsed).error());
    shown.page = *std::move(parsed);
    if (!has_key) shown.hash = body_hash;
    if (const auto* function = std::get_if<PageFunction>(&declared_.stream.paginator)) {
      auto next = (*function)(response, shown.page);
      if (!next) return Failed(std::move(next).error());
      if (*next && (*next)->url.empty() && (*next)->arguments.empty())
        return internal_error("the paginator's function returned a next page without a place");
      shown.next = *std::move(next);
    } else if (std::holds_alternative<LinkPages>(declared_.stream.paginator)) {
      for (const auto& [name, value] : response.headers) {
        const auto url = name == "link" ? next_link(value) : std::string();
        if (!url.empty() && !shown.next) shown.next = NextPage{{}, url};
      }
    } else if (const auto* cursor = std::get_if<CursorPages>(&declared_.stream.paginator)) {
      auto next = next_of(*cursor, response, shown.page);
      if (!next) return Failed(std::move(next).error());
      shown.next = *std::move(next);
    }
    return {};
  }

  Keep note(const Row& row, Shown& shown) {
    // The time of a row that cannot be read may be missing. Its neighbour in the list has a time near it.
    const auto time = row.cursor || !row.is_rejected ? row.cursor : shown.last;
    shown.last = time;
    if (row.cursor) {
      shown.is_sorted = shown.is_sorted && (!shown.newest || *row.cursor >= *shown.newest);
      shown.newest = std::max(shown.newest.value_or(*row.cursor), *row.cursor);
    }
    note_reached(row);
    const bool is_new = is_new_on_page(row, time);
    // The same rows with later times are progress.
    if (row.cursor)
      shown.hash = shown.hash * 31 + std::hash<int64_t>()(row.cursor->time_since_epoch().count());
    if (is_new) ++shown.fresh;
    if (!is_new || !is_inside(time)) return Keep::no;
    if (row.is_rejected || (!details_ && !requested_)) return Keep::yes;
    ids_.push_back(id_of(row));
    return details_ ? Keep::no : Keep::yes;
  }

  // Whether neither this page nor, with KeysetPages, the one before has shown the row with this time.
  bool is_new_on_page(const Row& row, std::optional<FineTime> time) {
    if (row.key.empty()) return true;
    const auto known = keys_.find(row.key);
    if (known != keys_.end() && known->second == time) return false;
    const auto [seen, is_first] = fresh_keys_.try_emplace(std::string(row.key), time);
    return is_first || std::exchange(seen->second, time) != time;
  }

  // The greatest integer of the replication key.
  void note_reached(const Row& row) {
    if (!declared_.planner || declared_.planner->incremental().unit != Unit::integer) return;
    const auto value = parse_json(row.cursor_json, "the replication key");
    if (!value || !value->is_int64()) return;
    const auto known = fresh_reached_ ? fresh_reached_ : reached_;
    if (!known || known->get_int64() < value->get_int64()) fresh_reached_ = *value;
  }

  static std::optional<std::string> value_at(const Page& page, size_t place) {
    return place < page.values.size() ? page.values[place] : std::nullopt;
  }

  [[nodiscard]] Result<std::optional<NextPage>> next_of(const CursorPages& pages,
                                                        const HttpResponse& response,
                                                        const Page& page) const {
    std::optional<std::string> cursor;
    if (!pages.from.empty()) cursor = value_at(page, declared_.cursor);
    if (const auto* header = pages.from_header.empty() ? nullptr : response.header(pages.from_header))
      cursor = *header;
    const auto more = pages.has_more.empty() ? std::nullopt : value_at(page, declared_.has_more);
    if (more == "false") return std::optional<NextPage>();
    if (cursor && !cursor->empty()) return std::optional(NextPage{{{pages.to, json::string(*cursor)}}, {}});
    if (more == "true")
      return source_error(
          fmt::format("{} says that there are more records, but the response has no cursor", pages.has_more));
    return std::optional<NextPage>();
  }

  NextPage first_page() {
    const auto& paginator = declared_.stream.paginator;
    if (const auto* keyset = std::get_if<KeysetPages>(&paginator)) {
      from_ = window_->from;
      return keyset_page(*keyset);
    }
    if (declared_.offset_pages() || declared_.numbered_pages()) return {counted_page(0), {}};
    return {};
  }

  NextPage keyset_page(const KeysetPages& pages) const {
    const auto& planner = *declared_.planner;
    NextPage next;
    if (pages.limit) next.arguments.push_back({*pages.limit, pages.size});
    next.arguments.push_back(
        {*planner.incremental().from, written(planner.incremental(), planner.zone(),
                                              rounded_down(from_, planner.incremental().granularity))});
    if (number_ > 1) next.arguments.push_back({pages.page, number_});
    return next;
  }

  // Returns the page after this one; nothing if it is the last.
  Result<std::optional<NextPage>> next_page(const Shown& shown) {
    const auto& paginator = declared_.stream.paginator;
    if (fresh_reached_) reached_ = std::move(fresh_reached_);
    fresh_reached_.reset();
    if (declared_.planner && declared_.planner->incremental().unit == Unit::token) {
      if (const auto token = value_at(shown.page, declared_.token); token && !token->empty())
        reached_ = json::string(*token);
    }
    if (const auto* keyset = std::get_if<KeysetPages>(&paginator)) return next_keyset(*keyset, shown);
    const auto* url = std::get_if<NextUrlPages>(&paginator);
    if (url != nullptr) {
      const auto at = value_at(shown.page, declared_.cursor);
      if (!at || at->empty()) return std::optional<NextPage>();
      return std::optional(NextPage{{}, *at});
    }
    if (!declared_.offset_pages() && !declared_.numbered_pages()) return shown.next;
    // A server may give fewer rows than requested, so only an empty page proves the end.
    if (shown.page.rows == 0) return std::optional<NextPage>();
    offset_ += declared_.offset_pages() ? static_cast<int64_t>(shown.page.rows)
                                        : page_size(declared_.stream.paginator);
    return std::optional(NextPage{counted_page(offset_), {}});
  }

  // Whether the error means that the page does not exist.
  [[nodiscard]] bool is_after_last(const Error& error) const {
    const bool ends_with_404 = (declared_.offset_pages() && declared_.offset_pages()->ends_with_404) ||
                               (declared_.numbered_pages() && declared_.numbered_pages()->ends_with_404);
    constexpr int not_found = 404;
    return ends_with_404 && offset_ > 0 && error.status == Status::source && error.http_status == not_found;
  }

  // Whether the page has fewer rows than an earlier one.
  bool is_shorter(const Shown& shown) {
    const bool is_shorter = shown.page.rows < longest_page_;
    longest_page_ = std::max(longest_page_, shown.page.rows);
    return is_shorter;
  }

  Result<std::optional<NextPage>> next_keyset(const KeysetPages& pages, const Shown& shown) {
    const auto granularity = declared_.planner->incremental().granularity;
    if (!shown.is_sorted)
      return source_error(fmt::format("the rows are not sorted by {}, oldest first: request that order",
                                      declared_.stream.stream.replication_key));
    const auto start = rounded_down(from_, granularity);
    const auto newest =
        shown.newest ? rounded_down(std::chrono::floor<std::chrono::microseconds>(*shown.newest), granularity)
                     : start;
    // A page may have fewer rows than fit, so only one that also has no new row is the last.
    const bool is_short = is_shorter(shown);
    const bool is_end = shown.page.rows == 0 || (is_short && shown.fresh == 0 && !is_again_) ||
                        (shown.newest && *shown.newest >= window_->to);
    for (auto& [key, time] : fresh_keys_) keys_.insert_or_assign(key, time);
    if (number_ > 1 || is_again_) found_by_number_ += shown.fresh;
    if (!is_end && newest <= start) {  // one time fills the page
      if (shown.fresh == 0 && number_ > 1 && !is_again_)
        return source_error(
            "the page has only rows of earlier pages: the API or a cache ignores the parameter of the page");
      ++number_;
      return std::optional(keyset_page(pages));
    }
    // A row that vanished has moved others to pages that were read before, so these are read until they have
    // nothing new.
    is_again_ = found_by_number_ > 0;
    found_by_number_ = 0;
    number_ = 1;
    if (is_again_) return std::optional(keyset_page(pages));
    if (is_end) return std::optional<NextPage>();
    // The next page shows the rows of its first moment again.
    from_ = newest;
    std::erase_if(keys_, [&](const auto& row) { return row.second < newest; });
    return std::optional(keyset_page(pages));
  }

  // What must not come twice.
  [[nodiscard]] static std::string mark_of(const NextPage& next) {
    if (!next.url.empty()) return next.url;
    std::string mark;
    for (const auto& argument : next.arguments) mark += json::serialize(argument.value) + " ";
    return mark;
  }

  // ---- both

  // Parses the values beside the records first.
  HttpClient::Handler handler_for(HttpClient::Handler handler) {
    if (declared_.stream.beside.empty()) return handler;
    return [this, handler = std::move(handler)](HttpResponse& response) -> Result<void> {
      beside_texts_.clear();
      beside_.clear();
      for (const auto& stream : declared_.beside) {
        auto text = only_value(stream, response.body);
        if (!text) return Failed(std::move(text).error());
        beside_texts_.push_back(*std::move(text));
      }
      for (size_t i = 0; i < beside_texts_.size(); ++i)
        beside_.push_back({declared_.stream.beside[i].column, beside_texts_[i]});
      return handler(response);
    };
  }

  // Emits the rows of a page. Outside of the request's handler.
  Result<void> emit(Block& block, const std::vector<std::string>& ids) {
    if (requested_) return requested_->push(ids, block, records_);
    return details_ ? details_->push(ids, block, records_, beside_) : records_.push(block);
  }

  const Declared& declared_;
  const json::object& slice_;
  Records& records_;
  Projection projection_;
  std::optional<Projection> listed_;  // with details
  std::optional<DetailsReader> details_;
  std::optional<RequestedColumnReader> requested_;
  Arguments arguments_;           // of every request of the slice
  std::optional<Window> window_;  // of its rows

  std::vector<std::string> beside_texts_;
  std::vector<Projection::Value> beside_;

  // Of the current page:
  Block block_;
  std::vector<std::string> ids_;
  std::map<std::string, std::optional<FineTime>, std::less<>> fresh_keys_;
  std::optional<json::value> fresh_reached_;

  bool is_started_ = false;             // a request has succeeded
  std::optional<json::value> reached_;  // the bookmark of integers and tokens so far
  size_t longest_page_ = 0;
  int64_t offset_ = 0;
  // With KeysetPages:
  Time from_{};
  int64_t number_ = 1;
  std::map<std::string, std::optional<FineTime>, std::less<>>
      keys_;                    // rows that the next page may show again
  bool is_again_ = false;       // the pages by number are read again
  size_t found_by_number_ = 0;  // new rows on them
};

// ---- Planning

// The API's own count of the rows of a window.
Result<int64_t> count_rows(const Declared& declared, Window window, const Partition& partition) {
  auto arguments = bounds_of(*declared.planner, window);
  if (declared.stream.partitions && declared.stream.partitions->to)
    arguments.push_back({*declared.stream.partitions->to, json::string(partition.name)});
  if (const auto* pages = declared.offset_pages(); pages && pages->limit)
    arguments.push_back({*pages->limit, 1});
  if (const auto* pages = declared.numbered_pages(); pages && pages->limit)
    arguments.push_back({*pages->limit, 1});
  std::optional<int64_t> total;
  auto counted = declared.client->send(
      declared.stream.request.build(arguments), [&](HttpResponse& response) -> Result<void> {
        const auto body = parse_json(response.body, "the response");
        if (!body) return transient_error(body.error().message);
        json::error_code error;
        const auto* value = body->find_pointer(declared.selector.total, error);
        if (value != nullptr && value->is_int64()) total = value->get_int64();
        if (value != nullptr && value->is_string()) total = parse_integer(view(value->get_string()));
        if (!total)
          return source_error(fmt::format("the response has no number at {}", declared.selector.total));
        return {};
      });
  if (counted) return *total;
  return Failed(std::move(counted).error());
}

// Divides a window by halves until each has few enough rows. `total` is its count.
Result<void> divide_by_count(const Declared& declared, Window window, int64_t total,
                             const Partition& partition, Slices& slices) {
  const auto& incremental = declared.planner->incremental();
  const auto middle = rounded_down(window.from + (window.to - window.from) / 2, incremental.granularity);
  if (total <= incremental.rows_of_a_slice || middle <= window.from) return slices.push(to_json(window));
  const Window older{window.from, middle};
  const Window newer{middle, window.to};
  const auto older_total = count_rows(declared, older, partition);
  if (!older_total) return Failed(older_total.error());
  const auto newer_total = count_rows(declared, newer, partition);
  if (!newer_total) return Failed(newer_total.error());
  if (*older_total == total && *newer_total == total)
    return source_error(
        fmt::format("the API counts {} rows from {} to {}, and as many in each half: it ignores the bounds",
                    total, format_time(window.from), format_time(window.to)));
  auto divided = divide_by_count(declared, older, *older_total, partition, slices);
  return divided ? divide_by_count(declared, newer, *newer_total, partition, slices) : divided;
}

// A stream without bookmarks: one slice, or one for each partition.
Result<void> plan_all(const Declared& declared, const Slices& slices) {
  const auto& partitions = declared.stream.partitions;
  if (!partitions) return slices.push({});
  const auto found = find_partitions(*partitions);
  if (!found) return Failed(found.error());
  for (const auto& [name, members] : *found) {
    auto slice = members;
    slice[partitions->member] = name;
    auto pushed = slices.in_partition(name).push(slice);
    if (!pushed) return pushed;
  }
  return {};
}

// ---- Checks

Result<void> check_pointer(std::string_view what, const std::string& pointer) {
  if (pointer.empty() || pointer.starts_with('/')) return {};
  return internal_error(fmt::format("{} \"{}\" does not begin with a slash", what, pointer));
}

Result<void> check_incremental(const DeclaredStream& stream) {
  const auto& incremental = *stream.incremental;
  using namespace std::chrono_literals;
  if (incremental.step > 0s && !incremental.to && !incremental.divide && !incremental.divide_days)
    return internal_error("`step` needs a place for the upper bound: set `to`");
  if (incremental.granularity < 1s) return internal_error("`granularity` must be at least a second");
  if (incremental.volume && (incremental.rows_of_a_slice <= 0 || !incremental.to))
    return internal_error("`volume` needs `rows_of_a_slice`, and a place for the upper bound: set `to`");
  const auto* cursor = find_column(stream.stream, stream.stream.replication_key);
  if (incremental.unit == Unit::integer && (cursor == nullptr || cursor->type != Type::integer))
    return internal_error("a bookmark of integers needs a replication key of type integer");
  if (incremental.unit == Unit::time && (cursor == nullptr || cursor->type != Type::timestamp))
    return internal_error("a bookmark of times needs a replication key of type timestamp");
  if (incremental.unit == Unit::token && incremental.token.empty())
    return internal_error("a bookmark of tokens needs `token`, where the response has the next one");
  if ((incremental.unit == Unit::token || incremental.unit == Unit::integer) && !incremental.from)
    return internal_error("a bookmark of tokens or integers needs a place in the request: set `from`");
  return check_pointer("the token's place", incremental.token);
}

Result<void> check_paginator(const DeclaredStream& stream) {
  if (page_size(stream.paginator) < 1) return internal_error("a page must have at least one row");
  const bool has_from =
      stream.incremental && stream.incremental->unit == Unit::time && stream.incremental->from;
  if (std::holds_alternative<KeysetPages>(stream.paginator)) {
    if (!has_from)
      return internal_error("KeysetPages need an incremental stream of times with a place for `from`");
    if (stream.stream.key.empty()) return internal_error("KeysetPages need a key");
  }
  if (const auto* pages = std::get_if<CursorPages>(&stream.paginator)) {
    if (pages->from.empty() == pages->from_header.empty())
      return internal_error("CursorPages need either `from` or `from_header`");
    auto checked = check_pointer("the cursor's place", pages->from);
    return checked ? check_pointer("the place of `has_more`", pages->has_more) : checked;
  }
  if (const auto* pages = std::get_if<NextUrlPages>(&stream.paginator)) {
    if (pages->from.empty()) return internal_error("NextUrlPages need `from`");
    return check_pointer("the next URL's place", pages->from);
  }
  const auto* function = std::get_if<PageFunction>(&stream.paginator);
  if (function != nullptr && !*function) return internal_error("the paginator is an empty function");
  return {};
}

Result<void> check_columns(const DeclaredStream& stream) {
  if (!stream.records.map_key.empty()) {
    auto checked = check_column_name(stream.stream, stream.records.map_key);
    if (!checked) return with_context("map_key", std::move(checked).error());
  }
  if (stream.requested) {
    auto checked = check_column_name(stream.stream, stream.requested->column);
    if (!checked) return checked;
    if (!stream.requested->value) return internal_error("the requested column needs a function `value`");
    if (stream.details) return internal_error("a stream has either details or a requested column");
    if (stream.stream.key.size() != 1)
      return internal_error("a requested column needs a key of one column, which is the id");
  }
  if (!stream.beside.empty() && stream.records.format == RecordSelector::Format::json_lines)
    return internal_error("in JSON Lines there is nothing beside the records");
  for (const auto& [from, column] : stream.beside) {
    auto checked = check_column_name(stream.stream, column);
    if (!checked) return checked;
    checked = check_pointer("the place beside the records", from);
    if (!checked) return checked;
  }
  return {};
}

// Whether the request is one for an id.
Result<void> check_request_of_id(std::string_view what, const RequestTemplate& request) {
  const auto target = request.build({{in_path("id"), "1"}}).target;
  if (target.error()) return with_context(what, *target.error());
  if (request.path.find("{id}") != std::string::npos) return {};
  return internal_error(fmt::format("{}: the path {} has no {{id}}", what, request.path));
}

// Whether the path can be built: each name in braces has a value.
Result<void> check_request(const DeclaredStream& stream) {
  Arguments arguments;
  const auto add = [&](const std::optional<Place>& place) {
    if (place) arguments.push_back({*place, "1"});
  };
  if (stream.partitions) add(stream.partitions->to);
  if (stream.incremental) {
    add(stream.incremental->from);
    add(stream.incremental->to);
  }
  if (const auto* pages = std::get_if<OffsetPages>(&stream.paginator)) add(pages->offset), add(pages->limit);
  if (const auto* pages = std::get_if<NumberedPages>(&stream.paginator)) add(pages->page), add(pages->limit);
  const auto target = stream.request.build(arguments).target;
  if (target.error()) return Failed(*target.error());
  if (stream.details) return check_request_of_id("details", stream.details->request);
  return stream.requested ? check_request_of_id("requested column", stream.requested->request)
                          : Result<void>();
}

Result<void> check_declared(const DeclaredStream& stream) {
  auto checked = check_pointer("the records' place", stream.records.records);
  if (checked) checked = check_pointer("the total's place", stream.records.total);
  if (checked && stream.incremental) checked = check_incremental(stream);
  if (checked) checked = check_paginator(stream);
  if (checked) checked = check_columns(stream);
  return checked ? check_request(stream) : checked;
}

// The listed key of a stream with details.
Result<Stream> listed_key(const DeclaredStream& stream) {
  for (const auto& column : stream.stream.columns) {
    if (column.path.empty() || !is_automatic(stream.stream, column)) continue;
    if (column.name == stream.stream.replication_key) continue;
    Stream listed{
        .name = stream.stream.name, .key = std::vector{column.name}, .columns = {column}, .is_partial = true};
    const auto* time = find_column(stream.stream, stream.stream.replication_key);
    if (time != nullptr) {
      listed.replication_key = time->name;
      listed.columns.push_back(*time);
    }
    return listed;
  }
  return internal_error("a stream with details needs a key column with a path in the list");
}

// Appends a pointer to the values of a page and returns its place.
size_t add_value(RecordSelector& selector, const std::string& pointer) {
  selector.values.push_back(pointer);
  return selector.values.size() - 1;
}

Result<Shared> prepare(Host host, std::shared_ptr<HttpClient> client, DeclaredStream stream) {
  auto checked = check_declared(stream);
  if (!checked) return Failed(std::move(checked).error());
  auto made =
      std::make_shared<Declared>(Declared{host, std::move(client), std::move(stream), {}, {}, {}, {}});
  made->selector = made->stream.records;
  auto& selector = made->selector;
  if (const auto* pages = std::get_if<CursorPages>(&made->stream.paginator)) {
    if (!pages->from.empty()) made->cursor = add_value(selector, pages->from);
    if (!pages->has_more.empty()) made->has_more = add_value(selector, pages->has_more);
  }
  if (const auto* pages = std::get_if<NextUrlPages>(&made->stream.paginator))
    made->cursor = add_value(selector, pages->from);
  if (made->stream.details) {
    auto listed = listed_key(made->stream);
    if (!listed) return Failed(std::move(listed).error());
    made->listed = *std::move(listed);
  }
  for (const auto& [from, name] : made->stream.beside) {
    auto column = *find_column(made->stream.stream, name);
    column.path = from;
    made->beside.push_back(
        {.name = made->stream.stream.name, .columns = {std::move(column)}, .is_partial = true});
  }
  if (!made->stream.incremental) return Shared(made);
  auto incremental = *made->stream.incremental;
  if (!incremental.token.empty()) made->token = add_value(selector, incremental.token);
  const bool is_divided_by_count = incremental.rows_of_a_slice > 0 && !incremental.volume &&
                                   !incremental.divide && incremental.to && made->is_counted();
  if (is_divided_by_count)
    incremental.divide = [declared = made.get()](Window window, const Partition& partition,
                                                 Slices& slices) -> Result<void> {
      const auto total = count_rows(*declared, window, partition);
      return total ? divide_by_count(*declared, window, *total, partition, slices) : Failed(total.error());
    };
  auto planner = Planner::create(host, made->stream.stream, std::move(incremental), made->stream.partitions);
  if (!planner) return Failed(std::move(planner).error());
  made->planner = *std::move(planner);
  return Shared(made);
}

}  // namespace

SourceStream declare(Host host, std::shared_ptr<HttpClient> client, DeclaredStream declared) {
  SourceStream stream{.stream = declared.stream};
  const auto prepared = prepare(host, std::move(client), std::move(declared));
  if (!prepared) {
    stream.failure = prepared.error();
    return stream;
  }
  const auto made = *prepared;
  stream.plan = [made](const PlanRequest& request, Slices& slices) {
    return made->planner ? made->planner->plan(request, slices) : plan_all(*made, slices);
  };
  stream.read = [made](const ReadRequest& request, Records& records) {
    return Reader(*made, request, records).read();
  };
  if (made->planner)
    stream.advance = [made](json::object state, const json::object& slice) {
      return made->planner->advance(std::move(state), slice);
    };
  return stream;
}

std::vector<SourceStream> declare(Host host, const std::shared_ptr<HttpClient>& client,
                                  std::vector<DeclaredStream> declared) {
  std::vector<SourceStream> streams;
  for (auto& each : declared) streams.push_back(declare(host, client, std::move(each)));
  return streams;
}

Result<void> DetailsReader::append(std::string_view id, Block& block,
                                   const std::vector<Projection::Value>& values, const RowVisitor& visit) {
  const auto request = details_.request.build({{in_path("id"), json::string(id)}});
  auto got = client_.send(request, [&](HttpResponse& response) -> Result<void> {
    auto parsed = parser_.parse(response.body, block, visit, values);
    if (!parsed) return Failed(std::move(parsed).error());
    return {};
  });
  if (got || !details_.is_gone(got.error())) return got;
  log_gone(host_, details_.what, id);
  return {};
}

Result<void> DetailsReader::push(const std::vector<std::string>& ids, Block& block, Records& records,
                                 const std::vector<Projection::Value>& values) {
  for (const auto& id : ids) {
    auto read = append(id, block, values);
    block.extracted_at = host_.now();
    if (read && block.lines.size() > large_block) read = records.push(block);
    if (!read) return read;
  }
  return records.push(block);
}

Result<std::string> RequestedColumnReader::value_of(const std::string& id) {
  std::string value;
  auto got = client_.send(column_.request.build({{in_path("id"), json::string(id)}}),
                          [&](HttpResponse& response) -> Result<void> {
                            const auto body = parse_json_object(response.body, "the response");
                            // The body may be truncated, and complete the next time.
                            if (!body) return transient_error(body.error().message);
                            value.clear();
                            append_json(value, column_.value(*body));
                            return {};
                          });
  if (got) return value;
  if (!column_.is_gone(got.error())) return Failed(std::move(got).error());
  log_gone(host_, column_.what, id);
  return std::string("null");
}

Result<void> RequestedColumnReader::push(const std::vector<std::string>& ids, Block& block,
                                         Records& records) {
  const auto listed = std::exchange(block.lines, {});
  block.count = 0;
  size_t begin = 0;
  for (const auto& id : ids) {
    auto value = value_of(id);
    if (!value) return Failed(std::move(value).error());
    const auto end = listed.find('\n', begin);
    block.lines.append(listed, begin, end - 1 - begin);  // without the closing brace
    block.lines += fmt::format(",\"{}\":{}}}\n", column_.column, *value);
    ++block.count;
    begin = end + 1;
    block.extracted_at = host_.now();
    auto pushed = block.lines.size() > large_block ? records.push(block) : Result<void>();
    if (!pushed) return pushed;
  }
  return records.push(block);
}

Result<std::vector<json::object>> read_all(const SourceStream& stream) {
  if (stream.failure) return Failed(*stream.failure);
  std::string lines;
  tapster_sink sink{};
  sink.struct_size = sizeof sink;
  sink.context = &lines;
  sink.push = [](void* context, const tapster_batch* batch) noexcept -> tapster_status {
    static_cast<std::string*>(context)->append(batch->data, batch->size);
    return TAPSTER_OK;
  };
  const auto take = [&]() -> Result<std::vector<json::object>> {
    std::vector<json::object> objects;
    for (std::string_view rest = lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      auto object = parse_json_object(rest.substr(0, rest.find('\n')), "a record");
      if (!object) return Failed(std::move(object).error());
      objects.push_back(*std::move(object));
    }
    lines.clear();
    return objects;
  };
  Slices to(sink);
  auto planned = stream.plan ? stream.plan({}, to) : to.push({});
  if (!planned) return Failed(std::move(planned).error());
  const auto slices = take();
  if (!slices) return slices;
  const auto projection = Projection::create(stream.stream, {});
  if (!projection) return Failed(projection.error());
  for (const auto& slice : *slices) {
    Records records(sink, &*projection);
    auto read = stream.read({*projection, slice}, records);
    if (!read) return Failed(std::move(read).error());
  }
  return take();
}

}  // namespace tapster
