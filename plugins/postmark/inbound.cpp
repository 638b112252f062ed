// Reads received messages completely. The list filters by day and status, and a row does not say when it
// arrived, so each day is read by itself, once per status. A query shows only its first 10,000 rows.
//   Pass    Reads the pages of one window of the day, and counts the different rows. The window is complete
//           if they add up to TotalCount, and TotalCount did not change. If not, another pass follows, up
//           to 4.
//   Halves  A window with more than 10,000 rows is read as two halves, down to single seconds.
// seen_ has the rows of the current day and status, by key. Invariant: a row is emitted when a page first
// shows it, and not again for that day and status.
#include "inbound.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/record_parser.hpp>
#include <unordered_map>
#include <unordered_set>

#include "details.hpp"
#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

// Few enough for frequent checkpoints: each day with rows costs some requests.
constexpr days days_of_a_slice{7};

// The same if each message costs a request.
constexpr days days_of_details{1};

// Postmark keeps messages for a year at most. Older days should be empty, so they are one slice.
constexpr days kept{366};

// How often a window is read until its rows add up to its TotalCount.
constexpr int passes = 4;

// The columns read from the list if the rows themselves are in the details of its messages.
const Stream& listed_messages() {
  static const Stream stream{.name = "messages",
                             .description = "",
                             .key = {"message_id"},
                             .columns = {{"message_id", Type::string, "/MessageID", ""}},
                             .is_partial = true};
  return stream;
}

class Reader {
 public:
  Reader(Api& api, const Inbound& inbound, const Projection& projection, Records& records)
      : api_(api),
        inbound_(inbound),
        records_(records),
        listed_(inbound.details ? *Projection::create(listed_messages(), {}) : projection),
        parser_(listed_, {inbound.records, "TotalCount"}) {
    block_.takes_rejects = records.takes_rejects();
    if (inbound.details) details_.emplace(api, *inbound.details, projection);
  }

  // The statuses are in the order that messages go through them. A message that changes between two requests
  // is seen with the later status, and possibly with both: then both are emitted, and the last one that a
  // table gets is correct. (A failed message that is retried by hand goes back. It may be missed then, until
  // the next sync that includes its day.)
  Result<void> read(Days range) {
    for (const auto status : inbound_.statuses) {
      status_ = status;
      auto done = read_status(range);
      if (!done) return done;
    }
    return {};
  }

 private:
  struct Pass {
    int64_t total = 0;
    int64_t doubled = 0;  // rows that a page shows twice
    bool is_stable = true;
  };

  Result<void> read_status(Days range) {
    if (range.from != range.to) {
      const auto total =
          api_.total_count(target({format_day(range.from), format_day(range.to)}), inbound_.records);
      if (!total) return Failed(total.error());
      if (*total == 0) return {};
    }
    for (day_ = range.from; day_ <= range.to; day_ += days(1)) {
      seen_.clear();
      auto done = read_window({eastern().start_of(day_), eastern().start_of(day_ + days(1))});
      if (!done) return done;
    }
    return {};
  }

  // Reads every row of the window. The API may show more.
  Result<void> read_window(Window window) {
    const auto first_page = pages_ + 1;
    for (int attempt = 1; attempt <= passes; ++attempt) {
      const auto pass_began = pages_ + 1;
      const auto pass = read_pages(window);
      if (!pass) return Failed(pass.error());
      const auto found = rows_since(pass_began) + pass->doubled;
      if (found >= pass->total && pass->is_stable) return {};
      if (attempt == passes && rows_since(first_page) + pass->doubled >= pass->total) return {};
      api_.host().info(fmt::format("{}: saw {} of {} rows, or the count changed: reading again",
                                   target(filter(window)).text(), found, pass->total));
    }
    return source_error(fmt::format(
        "{}: the API counts more rows than it shows, in every attempt; run again later, and contact Postmark "
        "support if it persists",
        target(filter(window)).text()));
  }

  Result<Pass> read_pages(Window window) {
    const auto list = target(filter(window));
    Pass pass;
    int64_t offset = 0;
    do {
      const auto page = read_page(list, offset);
      if (!page) return Failed(page.error());
      pass.is_stable = pass.is_stable && (offset == 0 || *page->total == pass.total);
      pass.total = *page->total;
      pass.doubled += static_cast<int64_t>(page->rows - fresh_rows_);
      if (pass.total >= reachable_rows) return read_halves(window, pass.total);
      if (page->rows == 0) break;
      offset += page_size;
    } while (offset < pass.total);
    return pass;
  }

  // Each half is verified by its own count, and both together by the count of the window.
  Result<Pass> read_halves(Window window, int64_t total) {
    const auto cut = window.from + std::chrono::floor<std::chrono::seconds>((window.to - window.from) / 2);
    const Window older{window.from, cut};
    const Window newer{cut, window.to};
    const auto whole = filter(window);
    if (cut == window.from || (filter(older) == whole && filter(newer) == whole)) {
      return source_error(fmt::format(
          "{}: more rows than the 10,000 that the API shows, and the time cannot be divided further",
          target(whole).text()));
    }
    for (const auto& half : {older, newer}) {
      auto done = read_window(half);
      if (!done) return Failed(std::move(done).error());
    }
    const auto after = api_.total_count(target(whole), inbound_.records);
    if (!after) return Failed(after.error());
    return Pass{std::min(total, *after)};
  }

  // Reads one page and emits its new rows.
  Result<Page> read_page(const Target& list, int64_t offset) {
    Page page;
    std::string date;
    day(format_day(day_), date);
    const auto visit = [&](const Row& row, std::string&) {
      if (row.index == 0) {
        fresh_.clear();
        wanted_.clear();
      }
      const auto [key, is_new] = fresh_.emplace(row.key);
      if (!is_new || seen_.contains(*key)) return Keep::no;
      if (!details_ || row.is_rejected) return Keep::yes;
      wanted_.emplace_back(row.key.substr(1, row.key.size() - 3));  // a JSON string and a line break
      return Keep::no;
    };
    auto got = api_.get(page_of(list, page_size, offset), [&](HttpResponse& response) -> Result<void> {
      fresh_.clear();
      wanted_.clear();
      block_.clear();
      auto parsed = details_ ? parser_.parse(response.body, block_, visit)
                             : parser_.parse(response.body, block_, visit, {{"date", date}});
      if (!parsed) return Failed(std::move(parsed).error());
      if (!parsed->total) return transient_error("the response has no TotalCount");
      page = *parsed;
      return check_total(*page.total, offset, page.rows);
    });
    if (!got) return Failed(std::move(got).error());
    ++pages_;
    fresh_rows_ = fresh_.size();
    for (const auto& key : fresh_) seen_.insert_or_assign(key, pages_);
    for (const auto& message_id : wanted_) {
      auto read = details_->append(message_id, block_, {{"date", date}});
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

  // Returns the date filter that selects every row of a window of the day. The ends of the day are given as
  // days: a time could include rows of the next day, because it is not documented whether todate includes its
  // fractions.
  [[nodiscard]] WallRange filter(Window window) const {
    auto range = wall_range(window);
    if (window.from == eastern().start_of(day_)) range.from = format_day(day_);
    if (window.to == eastern().start_of(day_ + days(1))) range.to = format_day(day_);
    return range;
  }

  [[nodiscard]] Target target(const WallRange& filter) const {
    return Target(inbound_.path)
        .with("status", status_)
        .with("fromdate", filter.from)
        .with("todate", filter.to);
  }

  // The number of different rows on the pages from this one on.
  [[nodiscard]] int64_t rows_since(size_t page) const {
    return std::count_if(seen_.begin(), seen_.end(), [&](const auto& row) { return row.second >= page; });
  }

  Api& api_;
  const Inbound& inbound_;
  Records& records_;
  Projection listed_;  // the columns read from the list
  RecordParser parser_;
  std::optional<DetailsReader> details_;
  std::vector<std::string> wanted_;  // the messages of the page whose details are to be read
  Block block_;
  std::string_view status_;
  Day day_{};

  // The rows of the day and status, by key, with the last page that showed them.
  std::unordered_map<std::string, size_t> seen_;
  size_t pages_ = 0;
  std::unordered_set<std::string> fresh_;  // the keys of the current page
  size_t fresh_rows_ = 0;                  // the number of different rows on the last page
};

}  // namespace

Result<void> plan_inbound(const Inbound& inbound, Days range, Day today, Slices& slices) {
  const auto size = inbound.details ? days_of_details : days_of_a_slice;
  for (auto from = range.from; from <= range.to;) {
    const auto end = from < today - kept ? today - kept : from + size;
    const auto to = std::min(end - days(1), range.to);
    auto pushed = slices.push(to_json({{from, to}, to == range.to ? to : to + days(1)}));
    if (!pushed) return pushed;
    from = to + days(1);
  }
  return {};
}

Result<void> read_inbound(Api& api, const Inbound& inbound, const Projection& projection, Days range,
                          Records& records) {
  return Reader(api, inbound, projection, records).read(range);
}

}  // namespace postmark
