#include "activity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/record_parser.hpp>
#include <unordered_map>

#include "details.hpp"
#include "eastern.hpp"
#include "list_top.hpp"

namespace postmark {

using namespace tapster;
using namespace std::chrono_literals;

namespace {

// How often a window is read again when its rows do not add up to its TotalCount.
constexpr int passes = 4;

// Neighbours on a page that are out of order by no more than this do not count: a list may be sorted by
// another time than the one it shows.
constexpr auto slack = 1min;

// How often what is newer than a cut is read again within another such reading. Each time there are far fewer
// rows, unless the list is not newest first.
constexpr int deepest = 3;

// A block of details is handed over when it is so large.
constexpr size_t large_block = 1U << 20U;

// What the list is read for where the rows are in the details of its messages.
const Stream& listed_messages() {
  static const Stream stream{.name = "messages",
                             .description = "",
                             .key = {"message_id"},
                             .replication_key = "received_at",
                             .columns = {{"message_id", Type::string, "/MessageID", ""},
                                         {"received_at", Type::timestamp, "/ReceivedAt", ""}}};
  return stream;
}

// Reads one slice. A window that holds more rows than the API lets be reached is read from its newest row
// back, cut where the reachable rows end, and gone on with before the cut; the rows of the second at the cut
// come twice and are emitted once.
class Reader {
 public:
  Reader(Api& api, const Activity& activity, const Projection& projection, const ActivitySlice& slice,
         Records& records)
      : api_(api),
        activity_(activity),
        slice_(slice),
        records_(records),
        listed_(activity.in_details ? *Projection::create(listed_messages(), {}) : projection),
        parser_(listed_, {activity.records, "TotalCount"}),
        with_events_(projection.has("message_events")) {
    if (activity.in_details) details_.emplace(api, activity, projection, slice.message_stream);
  }

  Result<void> read() { return read(slice_.window, {}); }

 private:
  // One more filter of a query, such as status and sent, if there is a name.
  struct Filter {
    std::string_view name, value;
  };

  // A row of the page that is being read.
  struct Shown {
    std::string key;
    FineTime time;
    bool is_wanted;  // it has not been emitted
  };

  struct Seen {
    FineTime time;
    size_t page;      // the last that showed it
    bool is_emitted;  // not if it was none of the window that was being read
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

  // Every row of the window. `depth` counts the readings of something newer around this one.
  Result<void> read_window(Window window, Filter filter, int depth = 0) {
    auto dates = wall_range(window);
    while (true) {
      const auto counted = read_reachable(window, dates, filter);
      if (!counted) return Failed(counted.error());
      if (*counted < reachable_rows) return {};
      if (!is_newest_first_ || depth > deepest) return out_of_order(window, filter);

      const Time cut = std::chrono::floor<std::chrono::seconds>(oldest_) + 1s;
      if (cut <= window.from) {
        // In the hour that autumn repeats more is asked for than the window, which so is behind us.
        if (is_repeated(window.from)) return {};
        return source_error(where(window, filter) + "the API gives rows of another time than was asked for");
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
      // The reference says that lists are newest first, so nothing newer than the cut is missing. It is
      // counted all the same.
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

  // Where the cut lies in the hour that autumn repeats: the todate with which the API reaches the furthest
  // back and shows all that is older than the cut. Empty if none does, as of some readings of that hour one
  // half cannot be asked for but as a whole.
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

  // The list, which knows no dates, from its newest row back to the window's start.
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
      // Rows that appear go before the page that is being read, so a pass can show no more than there were at
      // its beginning. Where rows appear all the time the last pass has to do.
      const bool stood_still = total == first_total;
      const bool is_last = attempt == passes;
      const auto found = rows_of_pass() + (stood_still && is_last ? repeats_ : 0);
      if (found >= std::min(first_total, total) && (stood_still || is_last)) return {};
    }
    return shortfall(window, filter);
  }

  // Passes over the pages that can be reached until every row that is counted has been seen and the count
  // stood still, or there are more than can be reached. Gives the count.
  Result<int64_t> read_reachable(Window window, const WallRange& dates, Filter filter) {
    const auto first_page = pages_ + 1;
    for (int attempt = 1; attempt <= passes; ++attempt) {
      start_pass();
      bool stood_still = true;
      int64_t total = 0;
      int64_t offset = 0;
      do {
        const auto page = read_page(dates, filter, offset, window);
        if (!page) return Failed(page.error());
        stood_still = stood_still && (offset == 0 || *page->total == total);
        total = *page->total;
        if (total >= reachable_rows && !is_newest_first_) return total;
        if (page->rows == 0 || is_stuck_) break;
        offset += page_size;
      } while (offset < std::min(total, reachable_rows));
      if (is_stuck_) continue;
      if (total >= reachable_rows) return total;
      const auto found = rows_since_page(first_page);
      if (found >= total && (stood_still || attempt == passes)) return total;
      if (stood_still && attempt == passes && rows_of_pass() + repeats_ >= total) return total;
      api_.host().info(fmt::format("{}{} of {} rows seen, or their number changed: reading them again",
                                   where(window, filter), found, total));
    }
    return shortfall(window, filter);
  }

  Failed out_of_order(Window window, Filter filter) const {
    return source_error(
        where(window, filter) +
        "the list is not newest first, and more than the 10,000 rows that the API shows can be "
        "read only in that order; ask Postmark's support");
  }

  Failed shortfall(Window window, Filter filter) const {
    if (is_stuck_)
      return source_error(where(window, filter) +
                          "a page shows only rows of the page before it, each time that it was asked: check "
                          "whether a cache or proxy at \"base_url\" ignores the offset");
    return source_error(
        where(window, filter) +
        "the API counts more rows than it shows, each time that it was asked; run again later, and ask "
        "Postmark's support if it stays so");
  }

  // Reads one page and emits what was not emitted before.
  Result<Page> read_page(const std::optional<WallRange>& dates, Filter filter, int64_t offset,
                         Window window) {
    // Where nobody says what dates mean, a row of another time than was asked for says that they mean another
    // thing: rows of the window then are where nobody looks for them.
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

  // Notes what the page has shown, and takes out of it what it shows twice.
  void note_page(Window window) {
    note_order();
    note_progress();
    auto border_key = fresh_.empty() ? std::string() : fresh_.back().key;
    ++pages_;
    std::vector<size_t> doubled;  // of the wanted rows
    size_t wanted = 0;
    for (auto& [key, time, is_wanted] : fresh_) {
      newest_ = std::max(newest_, time);
      oldest_ = std::min(oldest_, time);
      const auto [row, is_new] = seen_.try_emplace(std::move(key), Seen{time, pages_, false});
      row->second.is_emitted = row->second.is_emitted || is_inside(window, time);
      // Twice on one page it is two rows. On two pages it is one that others pushed on, or else, where the
      // count stands still pass after pass, two rows again.
      const bool is_twin = !is_new && row->second.page == pages_;
      if (is_twin) ++twins_;
      if (is_twin && is_wanted && !activity_.has_twins) doubled.push_back(wanted);
      if (is_wanted) ++wanted;
      // Two rows that are equal stand next to each other, so the second begins its page.
      if (!is_new && row->second.page >= pass_began_ && row->second.page < pages_ && time == border_time_)
        ++repeats_;
      row->second.page = pages_;
    }
    if (!doubled.empty()) drop_wanted(doubled);
    border_key_ = std::move(border_key);
    if (!fresh_.empty()) border_time_ = fresh_.back().time;
  }

  // Whether the list is newest first. Only neighbours of one page can say so for certain, as rows that appear
  // move others to the next page.
  void note_order() {
    auto last = oldest_;
    for (size_t i = 0; i < fresh_.size(); ++i) {
      is_sorted_ = is_sorted_ && fresh_[i].time <= last;
      is_newest_first_ = is_newest_first_ && (i == 0 || fresh_[i].time - slack <= last);
      last = fresh_[i].time;
    }
  }

  // A page is no progress if all its rows were on the page before, as when a cache ignores the offset. Rows
  // that are all equal to the last one there may be different ones all the same.
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

  // Takes these of the wanted rows out of the page.
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

  // Reads the details of the messages of the page. Not while it is handled, where each failing request would
  // be repeated with each retry of the page.
  Result<void> read_details() {
    if (with_events_) return add_events();
    for (const auto& message_id : wanted_) {
      auto read = details_->append(message_id, block_);
      if (read && block_.lines.size() > large_block) read = push();
      if (!read) return read;
    }
    return {};
  }

  // Adds the column message_events to the lines of the page, one for each wanted message.
  Result<void> add_events() {
    std::string lines;
    size_t begin = 0;
    for (const auto& message_id : wanted_) {
      auto events = event_types(api_, message_id);
      if (!events) return Failed(std::move(events).error());
      const auto end = block_.lines.find('\n', begin);
      lines.append(block_.lines, begin, end - 1 - begin);  // without the brace
      lines.append(",\"message_events\":").append(*events).append("}\n");
      begin = end + 1;
    }
    block_.lines = std::move(lines);
    return {};
  }

  Result<void> push() {
    block_.extracted_at = api_.host().now();
    return records_.push(block_);
  }

  // May be called again for the same page. It leaves behind only fresh_, wanted_ and block_.
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
      const bool is_wanted = !is_emitted && is_inside(window, *row.cursor);
      fresh_.push_back({std::string(row.key), *row.cursor, is_wanted});
      if (!is_wanted) return Keep::no;
      if (details_ || with_events_) wanted_.emplace_back(message_id(row));
      return details_ ? Keep::no : Keep::yes;
    });
    if (parsed && !parsed->total) return transient_error("the answer has no TotalCount");
    return parsed;
  }

  static bool is_inside(Window window, FineTime time) { return time >= window.from && time < window.to; }

  // From a row of another time on the list is read back, and its page is left to that.
  Result<void> check_times(Window shown, Window window, Filter filter) {
    for (const auto& [key, time, is_wanted] : fresh_) {
      if (is_inside(shown, time)) continue;
      reads_back_ = true;
      block_ = {};
      return source_error(fmt::format("{}the API gives a row of {}, which is another time than was asked for",
                                      where(window, filter),
                                      format_time(std::chrono::floor<std::chrono::microseconds>(time))));
    }
    return {};
  }

  // Of a row of the messages' list, whose key is the id as a JSON string and a line break.
  static std::string_view message_id(const Row& row) { return row.key.substr(1, row.key.size() - 3); }

  // Reads what time cannot divide any further by the values of another filter.
  Result<void> divide(Window window, Filter filter) {
    if (!filter.name.empty() || activity_.divider.empty()) {
      const auto end = std::chrono::floor<std::chrono::seconds>(oldest_) + 1s;
      const bool is_in_hour = !reads_back_ && is_repeated(end);
      return source_error(fmt::format(
          "{}more rows than the 10,000 that the API shows, and no filter is left to divide them{}",
          where(window, filter),
          is_in_hour
              ? fmt::format(": up to {}, in the hour that autumn repeats, which cannot be asked for in parts",
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
    return source_error(
        fmt::format("{}the API counts {} rows, and only {} have one of the known values of {}",
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

  // Different rows on the pages from this one on.
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
  Projection listed_;  // what is read of the list
  RecordParser parser_;
  bool with_events_;
  std::optional<DetailsReader> details_;
  std::vector<std::string> wanted_;  // messages of the page whose details are to be read
  Block block_;

  bool reads_back_ = slice_.reads_back;  // dates are no use, as the plan or a row has told
  bool has_forgotten_ = false;           // rows that have been emitted

  // Rows by key: what has been shown.
  std::unordered_map<std::string, Seen, Hash, std::equal_to<>> seen_;
  size_t pages_ = 0;
  std::vector<Shown> fresh_;  // the rows of the page that is being read

  // This pass:
  size_t pass_began_ = 1;  // its first page
  int64_t twins_ = 0;      // rows of one page with the key of another row there
  int64_t repeats_ = 0;    // rows equal to one on an earlier page, whose time is that page's last
  FineTime newest_ = FineTime::min();
  FineTime oldest_ = FineTime::max();
  bool is_sorted_ = true;        // newest first so far, row by row
  bool is_newest_first_ = true;  // the same of each page by itself, roughly
  bool is_stuck_ = false;        // a page showed only rows of the page before
  FineTime border_time_{};       // of the last row of the last page
  std::string border_key_;       // and its key
};

}  // namespace

Result<void> read_activity(Api& api, const Activity& activity, const Projection& projection,
                           const ActivitySlice& slice, Records& records) {
  return Reader(api, activity, projection, slice, records).read();
}

}  // namespace postmark
