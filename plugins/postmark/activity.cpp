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
  // Further filters of a query, "&status=sent"; empty for none.
  using Filters = std::string;

  struct Seen {
    FineTime time;
    size_t page;      // the last that showed it
    bool is_emitted;  // not if it was none of the window that was being read
  };

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Result<void> read(Window window, const Filters& filters) {
    if (!reads_back_) {
      auto read = read_window(window, filters);
      if (read || !reads_back_ || has_forgotten_) return read;
      api_.host().info(read.error().message + "; reading back from the newest row");
    }
    return read_back(window, filters);
  }

  // Every row of the window.
  Result<void> read_window(Window window, const Filters& filters) {
    auto dates = wall_range(window);
    while (true) {
      const auto counted = read_reachable(window, dates, filters);
      if (!counted) return Failed(counted.error());
      if (*counted < reachable_rows) return {};

      const Time cut = std::chrono::floor<std::chrono::seconds>(oldest_) + 1s;
      if (cut <= window.from) {
        // In the hour that autumn repeats more is asked for than the window, which so is behind us.
        if (is_repeated(window.from)) return {};
        return source_error(where(window, filters) + "the API gives rows of another time than was asked for");
      }
      if (is_repeated(cut)) {
        auto todate = earlier_todate(cut, *counted, dates, filters);
        if (!todate) return Failed(std::move(todate).error());
        if (todate->empty()) return divide(window, filters);
        window.to = std::min(window.to, cut);
        dates.to = *std::move(todate);
        continue;
      }
      const Window newer{cut, window.to};
      const Window older{window.from, cut};
      if (cut >= window.to || wall_range(older) == dates) return divide(window, filters);
      // The reference says that lists are newest first, so nothing newer than the cut is missing. It is
      // counted all the same.
      const auto total = api_.total_count(target(WallRange{wall_range(newer).from, dates.to}, filters));
      if (!total) return Failed(total.error());
      if (*total != rows_since(cut)) {
        auto read = read_window(newer, filters);
        if (!read) return read;
      }
      std::erase_if(seen_, [&](const auto& row) { return row.second.time >= cut; });
      has_forgotten_ = true;
      window = older;
      dates = wall_range(older);
    }
  }

  // Where the cut lies in the hour that autumn repeats: the todate with which the API reaches the furthest back and
  // shows all that is older than the cut. Empty if none does, as of some readings of that hour one half cannot be
  // asked for but as a whole.
  Result<std::string> earlier_todate(Time cut, int64_t counted, const WallRange& dates,
                                     const Filters& filters) {
    std::string best;
    auto earliest = newest_;
    const auto left = counted - rows_since(oldest_) - twins_ - repeats_;
    for (auto& todate : todates_of_repeated(cut)) {
      const auto top = top_of(api_, activity_, target(WallRange{dates.from, todate}, filters), 1);
      if (!top) return Failed(top.error());
      const bool hides = top->times.empty() || top->times.front() < oldest_ || top->total < left;
      if (hides || top->times.front() >= earliest) continue;
      earliest = top->times.front();
      best = std::move(todate);
    }
    return best;
  }

  // The list, which knows no dates, from its newest row back to the window's start.
  Result<void> read_back(Window window, const Filters& filters) {
    for (int attempt = 1; attempt <= passes; ++attempt) {
      start_pass();
      int64_t first_total = 0;
      int64_t total = 0;
      int64_t offset = 0;
      do {
        const auto page = read_page({}, filters, offset, window);
        if (!page) return Failed(page.error());
        if (is_sorted_ && oldest_ < window.from) return {};
        total = *page->total;
        if (offset == 0) first_total = total;
        if (page->rows == 0) break;
        offset += page_size;
      } while (offset < std::min(total, reachable_rows));
      if (total >= reachable_rows) return divide(window, filters);
      // Rows that appear go before the page that is being read, so a pass can show no more than there were at its
      // beginning. Where rows appear all the time the last pass has to do.
      const bool stood_still = total == first_total;
      const bool is_last = attempt == passes;
      const auto found = rows_of_pass() + (stood_still && is_last ? repeats_ : 0);
      if (found >= std::min(first_total, total) && (stood_still || is_last)) return {};
    }
    return shortfall(window, filters);
  }

  // Passes over the pages that can be reached until every row that is counted has been seen and the count
  // stood still, or there are more than can be reached. Gives the count.
  Result<int64_t> read_reachable(Window window, const WallRange& dates, const Filters& filters) {
    const auto first_page = pages_ + 1;
    for (int attempt = 1; attempt <= passes; ++attempt) {
      start_pass();
      bool stood_still = true;
      int64_t total = 0;
      int64_t offset = 0;
      do {
        const auto page = read_page(dates, filters, offset, window);
        if (!page) return Failed(page.error());
        stood_still = stood_still && (offset == 0 || *page->total == total);
        total = *page->total;
        if (page->rows == 0) break;
        offset += page_size;
      } while (offset < std::min(total, reachable_rows));
      if (total >= reachable_rows) return total;
      const auto found = rows_since_page(first_page);
      if (found >= total && (stood_still || attempt == passes)) return total;
      if (stood_still && attempt == passes && rows_of_pass() + repeats_ >= total) return total;
      api_.host().info(fmt::format("{}{} of {} rows seen, or their number changed: reading them again",
                                   where(window, filters), found, total));
    }
    return shortfall(window, filters);
  }

  Failed shortfall(Window window, const Filters& filters) const {
    return source_error(
        where(window, filters) +
        "the API counts more rows than it shows, each time that it was asked; run again later, and ask "
        "Postmark's support if it stays so");
  }

  // Reads one page and emits what was not emitted before.
  Result<Page> read_page(const std::optional<WallRange>& dates, const Filters& filters, int64_t offset,
                         Window window) {
    // Where nobody says what dates mean, a row of another time than was asked for says that they mean another thing:
    // rows of the window then are where nobody looks for them.
    std::optional<Window> shown;
    if (dates && !activity_.documents_dates) shown = shown_by(*dates);
    Page page;
    auto got = api_.get(fmt::format("{}&count={}&offset={}", target(dates, filters), page_size, offset),
                        [&](HttpResponse& response) -> Result<void> {
                          auto parsed = parse_page(response, window);
                          if (!parsed) return Failed(std::move(parsed).error());
                          page = *parsed;
                          return shown ? check_times(*shown, window, filters) : Result<void>();
                        });
    if (!got) return Failed(std::move(got).error());
    ++pages_;
    for (auto& [key, time] : fresh_) {
      newest_ = std::max(newest_, time);
      oldest_ = std::min(oldest_, time);
      const auto [row, is_new] = seen_.try_emplace(std::move(key), Seen{time, pages_, false});
      row->second.is_emitted = row->second.is_emitted || is_inside(window, time);
      // Twice on one page it is two rows. On two pages it is one that others pushed on, or else, where the count
      // stands still pass after pass, two rows again.
      if (!is_new && row->second.page == pages_) ++twins_;
      if (!is_new && row->second.page >= pass_began_ && row->second.page < pages_) ++repeats_;
      row->second.page = pages_;
    }
    for (const auto& message_id : wanted_) {
      auto read = details_->append(message_id, block_);
      if (read && block_.lines.size() > large_block) read = push();
      if (!read) return Failed(std::move(read).error());
    }
    auto pushed = push();
    if (!pushed) return Failed(std::move(pushed).error());
    return page;
  }

  Result<void> push() {
    block_.extracted_at = api_.host().now();
    return records_.push(block_);
  }

  // May be called again for the same page: what it leaves behind is fresh_ and block_ alone.
  Result<Page> parse_page(HttpResponse& response, Window window) {
    fresh_.clear();
    wanted_.clear();
    auto parsed =
        parser_.parse(response.body, block_, [&](const Row& row, std::string& line) -> Result<Keep> {
          if (row.index == 0) {
            fresh_.clear();
            wanted_.clear();
          }
          const auto last = fresh_.empty() ? oldest_ : fresh_.back().second;
          is_sorted_ = is_sorted_ && *row.cursor <= last;
          fresh_.emplace_back(row.key, *row.cursor);
          const auto seen = seen_.find(row.key);
          const bool is_emitted = seen != seen_.end() && seen->second.is_emitted;
          if (is_emitted || !is_inside(window, *row.cursor)) return Keep::no;
          if (details_) {
            wanted_.emplace_back(message_id(row));
            return Keep::no;
          }
          return with_events_ ? add_events(row, line) : Keep::yes;
        });
    if (parsed && !parsed->total) return transient_error("the answer holds no TotalCount");
    return parsed;
  }

  static bool is_inside(Window window, FineTime time) { return time >= window.from && time < window.to; }

  // From a row of another time on the list is read back, and its page is left to that.
  Result<void> check_times(Window shown, Window window, const Filters& filters) {
    for (const auto& [key, time] : fresh_) {
      if (is_inside(shown, time)) continue;
      reads_back_ = true;
      block_ = {};
      return source_error(fmt::format("{}the API gives a row of {}, which is another time than was asked for",
                                      where(window, filters),
                                      format_time(std::chrono::floor<std::chrono::microseconds>(time))));
    }
    return {};
  }

  // Of a row of the messages' list, whose key is the id as a JSON string and a line break.
  static std::string_view message_id(const Row& row) { return row.key.substr(1, row.key.size() - 3); }

  Result<Keep> add_events(const Row& row, std::string& line) {
    auto events = event_types(api_, message_id(row));
    if (!events) return Failed(std::move(events).error());
    line.append(",\"message_events\":").append(*events);
    return Keep::yes;
  }

  // Reads what time cannot divide any further by the values of another filter.
  Result<void> divide(Window window, const Filters& filters) {
    if (!filters.empty() || activity_.divider.empty()) {
      const auto end = std::chrono::floor<std::chrono::seconds>(oldest_) + 1s;
      const bool is_in_hour = !reads_back_ && is_repeated(end);
      return source_error(fmt::format(
          "{}more rows than the 10,000 that the API shows, and no filter is left to divide them{}",
          where(window, filters),
          is_in_hour
              ? fmt::format(": up to {}, in the hour that autumn repeats, which cannot be asked for in parts",
                            format_time(end))
              : ""));
    }
    const auto expected = count(window, filters);
    if (!expected) return Failed(expected.error());
    int64_t counted = 0;
    for (const auto value : activity_.divider_values) {
      const auto divided = fmt::format("&{}={}", activity_.divider, value);
      const auto part = count(window, divided);
      if (!part) return Failed(part.error());
      counted += *part;
      auto done = read(window, divided);
      if (!done) return done;
    }
    if (counted >= *expected) return {};
    return source_error(
        fmt::format("{}the API counts {} rows, and only {} have one of the known values of {}",
                    where(window, filters), *expected, counted, activity_.divider));
  }

  // How many rows the API counts.
  Result<int64_t> count(Window window, const Filters& filters) {
    const auto dates = reads_back_ ? std::nullopt : std::optional(wall_range(window));
    return api_.total_count(target(dates, filters));
  }

  [[nodiscard]] std::string target(const std::optional<WallRange>& dates, const Filters& filters) const {
    auto text = fmt::format("{}?messagestream={}", activity_.path, encode_query(slice_.message_stream));
    if (dates) text += fmt::format("&fromdate={}&todate={}", dates->from, dates->to);
    return text + filters;
  }

  // "message stream outbound, 2026-11-01T04:00:00Z to 2026-11-02T05:00:00Z: "
  [[nodiscard]] std::string where(Window window, const Filters& filters) const {
    return fmt::format("message stream {}, {} to {}{}: ", slice_.message_stream, format_time(window.from),
                       format_time(window.to), filters);
  }

  void start_pass() {
    pass_began_ = pages_ + 1;
    twins_ = repeats_ = 0;
    newest_ = FineTime::min();
    oldest_ = FineTime::max();
    is_sorted_ = true;
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
  std::vector<std::pair<std::string, FineTime>> fresh_;  // the rows of the page that is being read

  // This pass:
  size_t pass_began_ = 1;  // its first page
  int64_t twins_ = 0;      // rows of one page with the key of another row there
  int64_t repeats_ = 0;    // rows with the key of a row on an earlier page
  FineTime newest_ = FineTime::min();
  FineTime oldest_ = FineTime::max();
  bool is_sorted_ = true;  // newest first so far
};

}  // namespace

Result<void> read_activity(Api& api, const Activity& activity, const Projection& projection,
                           const ActivitySlice& slice, Records& records) {
  return Reader(api, activity, projection, slice, records).read();
}

}  // namespace postmark
