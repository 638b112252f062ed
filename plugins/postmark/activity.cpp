// Reads one slice completely. A list has its rows newest first, in pages of 500. It counts all rows of a
// query (TotalCount), but shows only the first 10,000. CountedPages reads one query; here is what else is
// needed:
//   Cut     If a window has more than 10,000 rows, the pages show the newest. The cut is the second after the
//           oldest of these. All rows from the cut on must have been seen; the API's own count decides.
//           Then reading goes on with the window before the cut. Rows of the second at the cut come twice.
//   Divide  If one second has more than 10,000 rows, it is read once for each value of another filter, such
//           as status.
//   Back    If a list does not filter by the times of its rows, as a row outside the requested time shows, it
//           is read without dates, from the newest row back to the start of the window. If dates are
//           documented, they are used all the same, and reading back adds what it finds.
#include "activity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <tapster/counted_pages.hpp>
#include <utility>

#include "eastern.hpp"
#include "incremental.hpp"

namespace postmark {

using namespace tapster;
using namespace std::chrono_literals;

namespace {

// How deeply reading the rows newer than a cut may nest. Each level has far fewer rows, unless the list is
// not sorted newest first.
constexpr int deepest = 3;

// How far outside the requested time a row of a list with documented dates may be. A lookback of a day or
// more is longer, so a later sync reads a row that was missing for this reason.
constexpr std::chrono::minutes tolerated{60};

// The columns of the stream; with details the message stream is the slice's.
Projection columns_of(const Activity& activity, const ReadRequest& request) {
  std::string message_stream;
  append_json_string(message_stream, text_of(request.slice, "message_stream"));
  return activity.details ? request.projection.with("message_stream", message_stream) : request.projection;
}

class Reader {
 public:
  Reader(Api& api, const Activity& activity, const ReadRequest& request, Records& records)
      : api_(api),
        activity_(activity),
        message_stream_(text_of(request.slice, "message_stream")),
        columns_(columns_of(activity, request)),
        listed_(activity.details ? *Projection::create(activity.listed, {}) : request.projection),
        rows_(api.host(), *api.client(), activity.details, activity.requested, columns_),
        pages_(api.host(), listed_, {.records = activity.records, .total = "/TotalCount"},
               {.page_size = page_size,
                .reachable = reachable_rows,
                .has_twins = activity.has_twins,
                .keeps_lines = rows_.keeps_lines(),
                .keeps_ids = rows_.keeps_ids(),
                .takes_rejects = records.takes_rejects()},
               [this, &records](Block& block, const std::vector<std::string>& ids) {
                 return rows_.push(ids, block, records);
               }),
        reads_back_(request.slice.contains("reads_back")) {}

  Result<void> read(Window window) { return read(window, {}); }

 private:
  // An additional filter of a query, such as status=sent. Without a name there is none.
  struct Filter {
    std::string_view name, value;
  };

  Result<void> read(Window window, Filter filter) {
    if (reads_back_) return read_back(window, filter);
    auto read = read_window(window, filter);
    if (activity_.documents_dates) return read ? read_missing(window, filter) : read;
    if (read || !reads_back_ || has_forgotten_) return read;
    api_.host().info(read.error().message + "; reading back from the newest row");
    return read_back(window, filter);
  }

  // Documented dates have been used. If a row was far outside the requested time, they filter by another
  // time, and rows of the window may be missing: reads back too, as far as the list reaches.
  Result<void> read_missing(Window window, Filter filter) {
    if (!outside_) return {};
    const auto found = outside(*std::exchange(outside_, std::nullopt), window, filter);
    if (has_forgotten_) return warn_of_missing(found);
    api_.host().info(found + "; reading back from the newest row");
    reads_back_ = true;
    auto read = read_back(window, filter);
    reads_back_ = false;
    if (read || read.error().status != Status::source) return read;
    return warn_of_missing(fmt::format("{}; {}", found, read.error().message));
  }

  Result<void> warn_of_missing(const std::string& why) {
    api_.host().warning(why + "; rows of this time may be missing, contact Postmark support");
    return {};
  }

  // Reads every row of the window, by dates. `depth` is the nesting of the reads of newer rows.
  Result<void> read_window(Window window, Filter filter, int depth = 0) {
    auto dates = wall_range(window);
    while (true) {
      const auto counted = pages_.read(query(window, dates, filter));
      if (!counted) return Failed(counted.error());
      if (*counted < reachable_rows) return {};
      if (!pages_.is_newest_first() || depth > deepest) return out_of_order(window, filter);

      const Time cut = std::chrono::floor<std::chrono::seconds>(pages_.oldest()) + 1s;
      if (cut <= window.from) {
        // In the repeated hour a query covers more than the window, and the window has been read already.
        if (is_repeated(window.from)) return {};
        return source_error(where(window, filter) + "the API returns rows from outside the requested time");
      }
      if (is_repeated(cut)) {
        auto todate = earlier_todate(*counted, cut, dates, filter);
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
      const auto top =
          api_.top(target(WallRange{wall_range(newer).from, dates.to}, filter), activity_.records);
      if (!top) return Failed(top.error());
      if (top->total != pages_.rows_since(cut)) {
        auto read = read_window(newer, filter, depth + 1);
        if (!read) return read;
      }
      pages_.forget_since(cut);
      has_forgotten_ = true;
      window = older;
      dates = wall_range(older);
    }
  }

  // For a cut in the repeated hour: returns the todate with which the API goes back furthest and still shows
  // all rows older than the cut. Empty if there is none: if the API reads that hour in a certain way, one of
  // the two hours can only be requested as a whole.
  Result<std::string> earlier_todate(int64_t counted, Time cut, const WallRange& dates, Filter filter) {
    std::string best;
    auto earliest = pages_.newest();
    const auto oldest = pages_.oldest();
    const auto left = counted - pages_.rows_since(oldest) - pages_.twins() - pages_.repeats();
    for (auto& todate : todates_of_repeated(cut)) {
      const auto top =
          api_.top(target(WallRange{dates.from, todate}, filter), activity_.records, 1, time_of(activity_));
      if (!top) return Failed(top.error());
      const bool hides = top->times.empty() || top->times.front() < oldest || top->total < left;
      if (hides || top->times.front() >= earliest) continue;
      earliest = top->times.front();
      best = std::move(todate);
    }
    return best;
  }

  // Reads the list without dates, from its newest row back to the start of the window.
  Result<void> read_back(Window window, Filter filter) {
    auto back = query(window, std::nullopt, filter);
    // A page that is not full may lack rows.
    back.is_enough = [&](const Page& page) {
      return page.rows == page_size && pages_.is_sorted() && pages_.oldest() < window.from;
    };
    for (int attempt = 1; attempt <= pages_.attempts(); ++attempt) {
      const auto pass = pages_.read_once(back);
      if (!pass) return Failed(pass.error());
      if (pass->is_enough) return {};
      if (pages_.is_stuck()) continue;
      if (pass->total >= reachable_rows) return divide(window, filter);
      // New rows appear before the current page, so a pass shows at most the rows that existed at its start.
      // If rows appear all the time, the last pass must suffice.
      const bool is_stable = pass->total == pass->first_total;
      const bool is_last = attempt == pages_.attempts();
      const auto found = pages_.rows() + (is_stable && is_last ? pages_.repeats() : 0);
      if (found >= std::min(pass->first_total, pass->total) && (is_stable || is_last)) return {};
    }
    return pages_.shortfall(back);
  }

  // The rows of a window, requested with these dates.
  CountedQuery query(Window window, const std::optional<WallRange>& dates, Filter filter) {
    CountedQuery query;
    query.where = where(window, filter);
    query.get = [this, list = target(dates, filter)](int64_t offset, const HttpClient::Handler& handler) {
      return api_.page(list, offset, handler);
    };
    query.is_wanted = [window](FineTime time) { return time >= window.from && time < window.to; };
    query.default_time = window.from;
    // A list that is not sorted cannot be cut.
    query.is_enough = [this](const Page& page) {
      return *page.total >= reachable_rows && !pages_.is_newest_first();
    };
    // Dates may filter by another time than that of the rows, or in another zone. A row from outside the
    // requested time shows it. Then rows of the window may be missing from the result.
    if (dates)
      query.check = [this, shown = shown_by(*dates), window, filter](const std::vector<FineTime>& times) {
        return check_times(shown, times, window, filter);
      };
    return query;
  }

  // If a row is outside the requested time: ends the query if the dates are not documented, and otherwise
  // remembers the row.
  Result<void> check_times(Window shown, const std::vector<FineTime>& times, Window window, Filter filter) {
    const auto slack = activity_.documents_dates ? tolerated : 0min;
    for (const auto time : times) {
      if (time >= shown.from - slack && time < shown.to + slack) continue;
      if (activity_.documents_dates) return outside_ = time, Result<void>();
      reads_back_ = true;
      return source_error(outside(time, window, filter));
    }
    return {};
  }

  [[nodiscard]] std::string outside(FineTime time, Window window, Filter filter) const {
    return fmt::format("{}the API returned a row of {}, which is outside the requested time",
                       where(window, filter),
                       format_time(std::chrono::floor<std::chrono::microseconds>(time)));
  }

  Failed out_of_order(Window window, Filter filter) const {
    return source_error(
        where(window, filter) +
        "the list is not sorted newest first, and more than 10,000 rows can be read only in that "
        "order; contact Postmark support");
  }

  // Reads a window that time cannot divide further, once for each value of another filter.
  Result<void> divide(Window window, Filter filter) {
    if (!filter.name.empty() || activity_.divider.empty()) {
      const auto end = std::chrono::floor<std::chrono::seconds>(pages_.oldest()) + 1s;
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
    for (const auto& value : activity_.divider_values) {
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
    const auto top = api_.top(target(dates, filter), activity_.records);
    if (!top) return Failed(top.error());
    return top->total;
  }

  [[nodiscard]] Target target(const std::optional<WallRange>& dates, Filter filter) const {
    const auto list = list_of(activity_, message_stream_, dates);
    return filter.name.empty() ? list : list.with(filter.name, filter.value);
  }

  // "message stream outbound, 2026-11-01T04:00:00Z to 2026-11-02T05:00:00Z, status sent: "
  [[nodiscard]] std::string where(Window window, Filter filter) const {
    const auto only = filter.name.empty() ? "" : fmt::format(", {} {}", filter.name, filter.value);
    return fmt::format("message stream {}, {} to {}{}: ", message_stream_, format_time(window.from),
                       format_time(window.to), only);
  }

  Api& api_;
  const Activity& activity_;
  std::string message_stream_;
  Projection columns_, listed_;  // of the rows, and those read from the list
  ListedRows rows_;
  CountedPages pages_;

  bool reads_back_;                  // the plan or a row has shown that dates do not work
  bool has_forgotten_ = false;       // pages_ does not know all rows that were emitted
  std::optional<FineTime> outside_;  // the time of a row far outside the requested time
};

}  // namespace

SourceStream make_stream(const Activity& activity, const std::shared_ptr<Api>& api, const Config& config,
                         Host host) {
  const bool has_events = activity.details && !activity.details->records.records.empty();
  auto incremental = by_times(config, has_events ? config.events_lookback : config.lookback);
  incremental.divide = [&activity, api](Window window, const Partition& partition, Slices& slices) {
    return plan_activity(*api, activity, partition, window, slices);
  };
  Partitions partitions{.member = "message_stream", .bookmarks = "message_streams", .find = [&activity, api] {
                          return api->message_streams(activity.with_inbound);
                        }};
  return incremental_stream(host, activity.stream, std::move(incremental), std::move(partitions),
                            [&activity, api](const ReadRequest& request, Records& records) -> Result<void> {
                              const auto window = window_of(request.slice);
                              if (!window) return Failed(window.error());
                              return Reader(*api, activity, request, records).read(*window);
                            });
}

}  // namespace postmark
