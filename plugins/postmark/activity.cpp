// Reads one slice completely. A list has its rows newest first, in pages of 500. It counts all rows of a
// query (TotalCount), but shows only the first 10,000. Rows may appear and move between two requests.
//   Pass    Reads the pages of one query. The query is complete if the rows seen add up to TotalCount, and
//           TotalCount did not change during the pass. If not, another pass follows, up to 4.
//   Cut     If a window has more than 10,000 rows, a pass shows the newest. The cut is the second after the
//           oldest of these. All rows from the cut on must have been seen; the API's own count decides.
//           Then reading goes on with the window before the cut. Rows of the second at the cut come twice.
//   Divide  If one second has more than 10,000 rows, it is read once for each value of another filter, such
//           as status.
//   Back    If a list does not filter by the times of its rows, it is read without dates, from the newest
//           row back to the start of the window.
// seen_ has the rows that the pages have shown, by key. Rows from a cut on are removed: no later query shows
// them. Invariant: a row is emitted when a page first shows it in its window, and not again.
#include "activity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/record_parser.hpp>
#include <unordered_map>
#include <utility>

#include "details.hpp"
#include "eastern.hpp"
#include "list_top.hpp"

namespace postmark {

using namespace tapster;
using namespace std::chrono_literals;

namespace {

// How often a query is read until its rows add up to its TotalCount.
constexpr int passes = 4;

// Neighbouring rows may be out of order by this much: a list may be sorted by a time other than the one it
// shows.
constexpr auto slack = 1min;

// How deeply reading the rows newer than a cut may nest. Each level has far fewer rows, unless the list is
// not sorted newest first.
constexpr int deepest = 3;

// The columns read from the list if the rows themselves are in the details of its messages.
const Stream& listed_messages() {
  static const Stream stream{.name = "messages",
                             .description = "",
                             .key = {"message_id"},
                             .replication_key = "received_at",
                             .columns = {{"message_id", Type::string, "/MessageID", ""},
                                         {"received_at", Type::timestamp, "/ReceivedAt", ""}},
                             .is_partial = true};
  return stream;
}

class Reader {
 public:
  Reader(Api& api, const Activity& activity, const Projection& projection, const ActivitySlice& slice,
         Records& records)
      : api_(api),
        activity_(activity),
        slice_(slice),
        records_(records),
        listed_(activity.details ? *Projection::create(listed_messages(), {}) : projection),
        parser_(listed_, {activity.records, "TotalCount"}),
        with_requests_(activity.request != nullptr && projection.has(activity.requested_column)) {
    block_.takes_rejects = records.takes_rejects();
    if (activity.details) details_.emplace(api, *activity.details, projection);
    append_json_string(message_stream_, slice.message_stream);
  }

  Result<void> read() { return read(slice_.window, {}); }

 private:
  // An additional filter of a query, such as status=sent. Without a name there is none.
  struct Filter {
    std::string_view name, value;
  };

  // A row of the current page.
  struct Shown {
    std::string key;
    FineTime time;
    bool is_wanted;  // it is to be emitted
  };

  struct Seen {
    FineTime time;
    size_t page;      // the last page that showed it
    bool is_emitted;  // false if it was outside the window
  };

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Result<void> read(Window window, Filter filter) {
    if (!reads_back_) {
      auto read = read_window(window, filter);
      if (read || !reads_back_ || has_forgotten_) return read;
      api_.host().info(read.error().message + "; reading back from the newest row");
    }
    return read_back(window, filter);
  }

  // Reads every row of the window, by dates. `depth` is the nesting of the reads of newer rows.
  Result<void> read_window(Window window, Filter filter, int depth = 0) {
    auto dates = wall_range(window);
    while (true) {
      const auto counted = read_reachable(window, dates, filter);
      if (!counted) return Failed(counted.error());
      if (*counted < reachable_rows) return {};
      if (!is_newest_first_ || depth > deepest) return out_of_order(window, filter);

      const Time cut = std::chrono::floor<std::chrono::seconds>(oldest_) + 1s;
      if (cut <= window.from) {
        // In the repeated hour a query covers more than the window, and the window has been read already.
        if (is_repeated(window.from)) return {};
        return source_error(where(window, filter) + "the API returns rows from outside the requested time");
      }
      if (is_repeated(cut)) {
        auto todate = earlier_todate(cut, *counted, dates, filter);
        if (!todate) return Failed(std::move(todate).error());
        if (todate->empty()) return divide(window, filter);
        window.to = std::min(window.to, cut);
        dates.to = *std::move(todate);
        continue;
      }
      const Window newer{cut, window.to};
      const Window older{window.from, cut};
      if (cut >= window.to || wall_range(older) == dates) return divide(window, filter);
      // Lists are documented to be sorted newest first, so no row newer than the cut should be missing. The
      // count verifies it.
      const auto total =
          api_.total_count(target(WallRange{wall_range(newer).from, dates.to}, filter), activity_.records);
      if (!total) return Failed(total.error());
      if (*total != rows_since(cut)) {
        auto read = read_window(newer, filter, depth + 1);
        if (!read) return read;
      }
      std::erase_if(seen_, [&](const auto& row) { return row.second.time >= cut; });
      has_forgotten_ = true;
      window = older;
      dates = wall_range(older);
    }
  }

  // For a cut in the repeated hour: returns the todate with which the API goes back furthest and still shows
  // all rows older than the cut. Empty if there is none: if the API reads that hour in a certain way, one of
  // the two hours can only be requested as a whole.
  Result<std::string> earlier_todate(Time cut, int64_t counted, const WallRange& dates, Filter filter) {
    std::string best;
    auto earliest = newest_;
    const auto left = counted - rows_since(oldest_) - twins_ - repeats_;
    for (auto& todate : todates_of_repeated(cut)) {
      const auto top = top_of(api_, activity_, target(WallRange{dates.from, todate}, filter), 1);
      if (!top) return Failed(top.error());
      const bool hides = top->times.empty() || top->times.front() < oldest_ || top->total < left;
      if (hides || top->times.front() >= earliest) continue;
      earliest = top->times.front();
      best = std::move(todate);
    }
    return best;
  }

  // Reads the list without dates, from its newest row back to the start of the window.
  Result<void> read_back(Window window, Filter filter) {
    for (int attempt = 1; attempt <= passes; ++attempt) {
      start_pass();
      int64_t first_total = 0;
      int64_t total = 0;
      int64_t offset = 0;
      do {
        const auto page = read_page({}, filter, offset, window);
        if (!page) return Failed(page.error());
        if (is_sorted_ && oldest_ < window.from) return {};
        total = *page->total;
        if (offset == 0) first_total = total;
        if (page->rows == 0 || is_stuck_) break;
        offset += page_size;
      } while (offset < std::min(total, reachable_rows));
      if (is_stuck_) continue;
      if (total >= reachable_rows) return divide(window, filter);
      // New rows appear before the current page, so a pass shows at most the rows that existed at its start.
      // If rows appear all the time, the last pass must suffice.
      const bool is_stable = total == first_total;
      const bool is_last = attempt == passes;
      const auto found = rows_of_pass() + (is_stable && is_last ? repeats_ : 0);
      if (found >= std::min(first_total, total) && (is_stable || is_last)) return {};
    }
    return shortfall(window, filter);
  }

  // Makes passes until every counted row has been seen and the count is stable, or there are more rows than
  // the API shows. Returns the count.
  Result<int64_t> read_reachable(Window window, const WallRange& dates, Filter filter) {
    const auto first_page = pages_ + 1;
    for (int attempt = 1; attempt <= passes; ++attempt) {
      start_pass();
      bool is_stable = true;
      int64_t total = 0;
      int64_t offset = 0;
      do {
        const auto page = read_page(dates, filter, offset, window);
        if (!page) return Failed(page.error());
        is_stable = is_stable && (offset == 0 || *page->total == total);
        total = *page->total;
        if (total >= reachable_rows && !is_newest_first_) return total;
        if (page->rows == 0 || is_stuck_) break;
        offset += page_size;
      } while (offset < std::min(total, reachable_rows));
      if (is_stuck_) continue;
      if (total >= reachable_rows) return total;
      const auto found = rows_since_page(first_page);
      if (found >= total && (is_stable || attempt == passes)) return total;
      if (is_stable && attempt == passes && rows_of_pass() + repeats_ >= total) return total;
      api_.host().info(fmt::format("{}saw {} of {} rows, or the count changed: reading again",
                                   where(window, filter), found, total));
    }
    return shortfall(window, filter);
  }

  Failed out_of_order(Window window, Filter filter) const {
    return source_error(
        where(window, filter) +
        "the list is not sorted newest first, and more than 10,000 rows can be read only in that "
        "order; contact Postmark support");
  }

  Failed shortfall(Window window, Filter filter) const {
    if (is_stuck_)
      return source_error(
          where(window, filter) +
          "in every attempt a page has only rows of the page before it; check whether a cache or "
          "proxy at \"base_url\" ignores the offset");
    return source_error(
        where(window, filter) +
        "the API counts more rows than it shows, in every attempt; run again later, and contact "
        "Postmark support if it persists");
  }

  // Reads one page and emits its new rows.
  Result<Page> read_page(const std::optional<WallRange>& dates, Filter filter, int64_t offset,
                         Window window) {
    // Undocumented dates may filter by another time than that of the rows. A row from outside the requested
    // time proves it. Then rows of the window may be missing from the result.
    std::optional<Window> shown;
    if (dates && !activity_.documents_dates) shown = shown_by(*dates);
    Page page;
    auto got = api_.get(page_of(target(dates, filter), page_size, offset),
                        [&](HttpResponse& response) -> Result<void> {
                          auto parsed = parse_page(response, window);
                          if (!parsed) return Failed(std::move(parsed).error());
                          page = *parsed;
                          auto checked = check_total(*page.total, offset, page.rows);
                          return checked && shown ? check_times(*shown, window, filter) : checked;
                        });
    if (!got) return Failed(std::move(got).error());
    note_page(window);
    auto read = read_details();
    if (read) read = push();
    if (!read) return Failed(std::move(read).error());
    return page;
  }

  // Records the rows of the page in seen_, and removes rows that the page shows twice.
  void note_page(Window window) {
    note_order();
    note_progress();
    auto border_key = fresh_.empty() ? std::string() : fresh_.back().key;
    ++pages_;
    std::vector<size_t> doubled;  // places among the wanted rows
    size_t wanted = 0;
    for (auto& [key, time, is_wanted] : fresh_) {
      newest_ = std::max(newest_, time);
      oldest_ = std::min(oldest_, time);
      const auto [row, is_new] = seen_.try_emplace(std::move(key), Seen{time, pages_, false});
      row->second.is_emitted = row->second.is_emitted || is_inside(window, time);
      // The same key twice on one page means two rows. On two pages it means one row that new rows moved to
      // the next page; only if the count is stable in every pass, it also means two rows.
      const bool is_twin = !is_new && row->second.page == pages_;
      if (is_twin) ++twins_;
      if (is_twin && is_wanted && !activity_.has_twins) doubled.push_back(wanted);
      if (is_wanted) ++wanted;
      // Equal rows are neighbours, so the second one is at the start of its page.
      if (!is_new && row->second.page >= pass_began_ && row->second.page < pages_ && time == border_time_)
        ++repeats_;
      row->second.page = pages_;
    }
    if (!doubled.empty()) drop_wanted(doubled);
    border_key_ = std::move(border_key);
    if (!fresh_.empty()) border_time_ = fresh_.back().time;
  }

  // Checks whether the list is sorted newest first. Only rows of the same page are compared with certainty:
  // new rows move others to the next page.
  void note_order() {
    auto last = oldest_;
    for (size_t i = 0; i < fresh_.size(); ++i) {
      is_sorted_ = is_sorted_ && fresh_[i].time <= last;
      is_newest_first_ = is_newest_first_ && (i == 0 || fresh_[i].time - slack <= last);
      last = fresh_[i].time;
    }
  }

  // A page is not progress if all its rows were on the page before, for instance because a cache ignores the
  // offset. An exception: rows that all equal the last one of that page may be different rows.
  void note_progress() {
    if (pages_ + 1 == pass_began_ || fresh_.empty()) return;
    bool are_known = true;
    bool are_border = true;
    for (const auto& row : fresh_) {
      const auto seen = seen_.find(row.key);
      are_known = are_known && seen != seen_.end() && seen->second.page == pages_;
      are_border = are_border && row.key == border_key_;
      if (!are_known) return;
    }
    is_stuck_ = !are_border;
  }

  // Removes these of the wanted rows from the page.
  void drop_wanted(const std::vector<size_t>& places) {
    std::string lines;
    std::vector<std::string> wanted;
    auto next = places.begin();
    size_t begin = 0;
    for (size_t i = 0; i < std::max(block_.count, wanted_.size()); ++i) {
      const auto end = std::min(block_.lines.find('\n', begin), block_.lines.size() - 1) + 1;
      if (next != places.end() && *next == i) {
        ++next;
      } else {
        lines.append(block_.lines, begin, end - begin);
        if (!wanted_.empty()) wanted.push_back(std::move(wanted_[i]));
      }
      begin = end;
    }
    if (block_.count > 0) block_.count -= places.size();
    block_.lines = std::move(lines);
    wanted_ = std::move(wanted);
  }

  // Reads the details of the messages of the page. This happens after the page's handler has returned, where
  // a failed request does not repeat the page.
  Result<void> read_details() {
    if (with_requests_) return add_requested();
    for (const auto& message_id : wanted_) {
      std::string id;
      append_json_string(id, message_id);
      auto read =
          details_->append(message_id, block_, {{"message_id", id}, {"message_stream", message_stream_}});
      if (read && block_.lines.size() > large_block) read = push();
      if (!read) return read;
    }
    return {};
  }

  // Adds the requested column to the lines of the page, one for each wanted row.
  Result<void> add_requested() {
    const auto listed = std::exchange(block_.lines, {});
    block_.count = 0;
    size_t begin = 0;
    for (const auto& id : wanted_) {
      const auto value = activity_.request(api_, id);
      if (!value) return Failed(value.error());
      const auto end = listed.find('\n', begin);
      block_.lines.append(listed, begin, end - 1 - begin);  // without the closing brace
      block_.lines += fmt::format(",\"{}\":{}}}\n", activity_.requested_column, *value);
      ++block_.count;
      begin = end + 1;
      if (block_.lines.size() <= large_block) continue;
      auto pushed = push();
      if (!pushed) return pushed;
    }
    return {};
  }

  Result<void> push() {
    block_.extracted_at = api_.host().now();
    return records_.push(block_);
  }

  // May be called again for the same page. It changes only fresh_, wanted_ and block_.
  Result<Page> parse_page(HttpResponse& response, Window window) {
    fresh_.clear();
    wanted_.clear();
    block_.clear();
    auto parsed = parser_.parse(response.body, block_, [&](const Row& row, std::string&) {
      if (row.index == 0) {
        fresh_.clear();
        wanted_.clear();
      }
      const auto seen = seen_.find(row.key);
      const bool is_emitted = seen != seen_.end() && seen->second.is_emitted;
      // The time of a row that cannot be read may be missing. Its neighbour in the list has a time near it.
      const auto neighbour = fresh_.empty() ? FineTime(window.from) : fresh_.back().time;
      const auto time = row.cursor.value_or(neighbour);
      const bool is_wanted = !is_emitted && is_inside(window, time);
      fresh_.push_back({std::string(row.key), time, is_wanted && !row.is_rejected});
      if (row.is_rejected) return is_wanted ? Keep::yes : Keep::no;
      if (!is_wanted) return Keep::no;
      if (details_ || with_requests_) wanted_.emplace_back(id_of(row));
      return details_ ? Keep::no : Keep::yes;
    });
    if (parsed && !parsed->total) return transient_error("the response has no TotalCount");
    return parsed;
  }

  static bool is_inside(Window window, FineTime time) { return time >= window.from && time < window.to; }

  // If a row is outside the requested time, discards the page; the list is then read from the newest row
  // back.
  Result<void> check_times(Window shown, Window window, Filter filter) {
    for (const auto& [key, time, is_wanted] : fresh_) {
      if (is_inside(shown, time)) continue;
      reads_back_ = true;
      block_.clear();
      return source_error(fmt::format("{}the API returned a row of {}, which is outside the requested time",
                                      where(window, filter),
                                      format_time(std::chrono::floor<std::chrono::microseconds>(time))));
    }
    return {};
  }

  // The id of a row: its key, which is a JSON string or number and a line break.
  static std::string_view id_of(const Row& row) {
    const size_t quote = row.key.starts_with('"') ? 1 : 0;
    return row.key.substr(quote, row.key.size() - 1 - 2 * quote);
  }

  // Reads a window that time cannot divide further, once for each value of another filter.
  Result<void> divide(Window window, Filter filter) {
    if (!filter.name.empty() || activity_.divider.empty()) {
      const auto end = std::chrono::floor<std::chrono::seconds>(oldest_) + 1s;
      const bool is_in_hour = !reads_back_ && is_repeated(end);
      return source_error(fmt::format(
          "{}more rows than the 10,000 that the API shows, and no filter is left to divide them{}",
          where(window, filter),
          is_in_hour
              ? fmt::format(
                    ": up to {}, in the hour that is repeated in autumn, which cannot be requested in parts",
                    format_time(end))
              : ""));
    }
    const auto expected = count(window, filter);
    if (!expected) return Failed(expected.error());
    int64_t counted = 0;
    for (const auto value : activity_.divider_values) {
      const Filter divided{activity_.divider, value};
      const auto part = count(window, divided);
      if (!part) return Failed(part.error());
      counted += *part;
      auto done = read(window, divided);
      if (!done) return done;
    }
    if (counted >= *expected) return {};
    return source_error(fmt::format("{}the API counts {} rows, but only {} have a known value of {}",
                                    where(window, filter), *expected, counted, activity_.divider));
  }

  // How many rows the API counts.
  Result<int64_t> count(Window window, Filter filter) {
    const auto dates = reads_back_ ? std::nullopt : std::optional(wall_range(window));
    return api_.total_count(target(dates, filter), activity_.records);
  }

  [[nodiscard]] Target target(const std::optional<WallRange>& dates, Filter filter) const {
    auto list = Target(activity_.path).with("messagestream", slice_.message_stream);
    if (dates) list = list.with("fromdate", dates->from).with("todate", dates->to);
    return filter.name.empty() ? list : list.with(filter.name, filter.value);
  }

  // "message stream outbound, 2026-11-01T04:00:00Z to 2026-11-02T05:00:00Z, status sent: "
  [[nodiscard]] std::string where(Window window, Filter filter) const {
    const auto only = filter.name.empty() ? "" : fmt::format(", {} {}", filter.name, filter.value);
    return fmt::format("message stream {}, {} to {}{}: ", slice_.message_stream, format_time(window.from),
                       format_time(window.to), only);
  }

  void start_pass() {
    pass_began_ = pages_ + 1;
    twins_ = repeats_ = 0;
    newest_ = FineTime::min();
    oldest_ = FineTime::max();
    is_sorted_ = is_newest_first_ = true;
    is_stuck_ = false;
  }

  // The number of different rows on the pages from this one on.
  [[nodiscard]] int64_t rows_since_page(size_t page) const {
    return twins_ + std::count_if(seen_.begin(), seen_.end(),
                                  [&](const auto& row) { return row.second.page >= page; });
  }
  [[nodiscard]] int64_t rows_of_pass() const { return rows_since_page(pass_began_); }
  [[nodiscard]] int64_t rows_since(FineTime time) const {
    return std::count_if(seen_.begin(), seen_.end(), [&](const auto& row) {
      return row.second.time >= time && row.second.page >= pass_began_;
    });
  }

  Api& api_;
  const Activity& activity_;
  const ActivitySlice& slice_;
  Records& records_;
  Projection listed_;  // the columns read from the list
  RecordParser parser_;
  bool with_requests_;          // whether the requested column is selected
  std::string message_stream_;  // as JSON
  std::optional<DetailsReader> details_;
  std::vector<std::string> wanted_;  // the ids of the page whose details are to be read
  Block block_;

  bool reads_back_ = slice_.reads_back;  // the plan or a row has shown that dates do not work
  bool has_forgotten_ = false;           // rows that were emitted have been removed from seen_

  // The rows that the pages have shown, by key.
  std::unordered_map<std::string, Seen, Hash, std::equal_to<>> seen_;
  size_t pages_ = 0;
  std::vector<Shown> fresh_;  // the rows of the current page

  // This pass:
  size_t pass_began_ = 1;  // its first page
  int64_t twins_ = 0;      // rows with the same key as an earlier row of their page
  int64_t repeats_ = 0;    // rows with the key of a row on an earlier page, and the time of its last row
  FineTime newest_ = FineTime::min();
  FineTime oldest_ = FineTime::max();
  bool is_sorted_ = true;        // newest first so far, row by row
  bool is_newest_first_ = true;  // the same within each page, with some slack
  bool is_stuck_ = false;        // a page had only rows of the page before
  FineTime border_time_{};       // the time of the last row of the previous page
  std::string border_key_;       // and its key
};

}  // namespace

Result<void> read_activity(Api& api, const Activity& activity, const Projection& projection,
                           const ActivitySlice& slice, Records& records) {
  return Reader(api, activity, projection, slice, records).read();
}

}  // namespace postmark
