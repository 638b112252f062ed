// Reads received messages completely. The list filters by day and status, and a row does not say when it
// arrived, so each day is read by itself, once per status. A query shows only its first 10,000 rows: a window
// of a day with more is read as two halves, down to single seconds. CountedPages has the rows of the current
// day and status, and emits none twice.
#include <fmt/format.h>

#include <algorithm>
#include <tapster/converters.hpp>
#include <tapster/counted_pages.hpp>

#include "api.hpp"
#include "eastern.hpp"
#include "incremental.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// Few enough for frequent checkpoints: each day with rows costs some requests.
constexpr days days_of_a_slice{7};

// The same if each message costs a request.
constexpr days days_of_details{1};

// The days of an hourly sync. Their requests must follow each other, so each day is a slice of its own.
constexpr days few_days{2};

// Postmark keeps messages for a year at most. Older days should be empty, so they are one slice.
constexpr days kept{366};

class Reader {
 public:
  Reader(Api& api, const Inbound& inbound, const Projection& projection, Records& records)
      : api_(api),
        inbound_(inbound),
        listed_(inbound.details ? *Projection::create(inbound.listed, {}) : projection),
        rows_(api.host(), *api.client(), inbound.details, std::nullopt, projection),
        pages_(api.host(), listed_, {.records = inbound.records, .total = "/TotalCount"},
               {.page_size = page_size,
                .reachable = reachable_rows,
                .keeps_lines = rows_.keeps_lines(),
                .keeps_ids = rows_.keeps_ids(),
                .takes_rejects = records.takes_rejects()},
               [this, &records](Block& block, const std::vector<std::string>& ids) {
                 return rows_.push(ids, block, records, {{"date", date_}});
               }) {}

  // The statuses are in the order that messages go through them. A message that changes between two requests
  // is seen with the later status, and possibly with both: then both are emitted, and the last one that a
  // table gets is correct. (A failed message that is retried by hand goes back. It may be missed then, until
  // the next sync that includes its day.)
  Result<void> read(const DayRange& range) {
    for (const auto& status : inbound_.statuses) {
      status_ = status;
      auto done = read_status(range);
      if (!done) return done;
    }
    return {};
  }

 private:
  Result<void> read_status(const DayRange& range) {
    if (range.first != range.last) {
      const auto top = api_.top(target({format_day(range.first), format_day(range.last)}), inbound_.records);
      if (!top) return Failed(top.error());
      if (top->total == 0) return {};
    }
    for (day_ = range.first; day_ <= range.last; day_ += days(1)) {
      date_.clear();
      date_in_text(format_day(day_), date_);
      pages_.forget();
      auto done = read_window({eastern().start_of(day_), eastern().start_of(day_ + days(1))});
      if (!done) return done;
    }
    return {};
  }

  // Reads every row of the window. The API may show more.
  Result<void> read_window(Window window) {
    const auto list = target(filter(window));
    CountedQuery query;
    query.where = list.text() + ": ";
    query.get = [&](int64_t offset, const HttpClient::Handler& handler) {
      return api_.client()->get(page_of(list, page_size, offset), handler);
    };
    query.is_enough = [](const Page& page) { return *page.total >= reachable_rows; };
    if (rows_.keeps_lines()) query.values = {{"date", date_}};
    const auto counted = pages_.read(query);
    if (!counted) return Failed(counted.error());
    return *counted >= reachable_rows ? read_halves(window) : Result<void>();
  }

  // Each half is verified by its own count.
  Result<void> read_halves(Window window) {
    const auto cut = window.from + std::chrono::floor<std::chrono::seconds>((window.to - window.from) / 2);
    const Window older{window.from, cut};
    const Window newer{cut, window.to};
    const auto whole = filter(window);
    if (cut == window.from || (filter(older) == whole && filter(newer) == whole)) {
      return source_error(fmt::format(
          "{}: more rows than the 10,000 that the API shows, and the time cannot be divided further",
          target(whole).text()));
    }
    auto done = read_window(older);
    return done ? read_window(newer) : done;
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

  Api& api_;
  const Inbound& inbound_;
  Projection listed_;  // the columns read from the list
  ListedRows rows_;
  CountedPages pages_;
  std::string_view status_;
  Day day_{};
  std::string date_;  // the day as JSON
};

Result<void> plan_inbound(const Inbound& inbound, Day first, Day last, Day today, const Slices& slices) {
  const auto is_short = last - first < few_days;
  const auto size = inbound.details ? days_of_details : is_short ? days(1) : days_of_a_slice;
  for (auto from = first; from <= last;) {
    const auto end = from < today - kept ? today - kept : from + size;
    const auto to = std::min(end - days(1), last);
    auto pushed = slices.push(to_json({from, to, to == last ? to : to + days(1)}));
    if (!pushed) return pushed;
    from = to + days(1);
  }
  return {};
}

}  // namespace

SourceStream make_stream(const Inbound& inbound, const std::shared_ptr<Api>& api, const Config& config,
                         Host host) {
  auto incremental = by_days(config, config.lookback, days(0));
  incremental.divide_days = [&inbound, host](Day first, Day last, const Partition&, Slices& slices) {
    return plan_inbound(inbound, first, last, eastern().day_of(host.now()), slices);
  };
  return incremental_stream(host, inbound.stream, std::move(incremental), std::nullopt,
                            [&inbound, api](const ReadRequest& request, Records& records) -> Result<void> {
                              const auto range = days_of(request.slice);
                              if (!range) return Failed(range.error());
                              return Reader(*api, inbound, request.projection, records).read(*range);
                            });
}

}  // namespace postmark
