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

// At most, for frequent checkpoints: each day with rows costs some requests.
constexpr days days_of_a_slice{7};

// The same if each message costs a request.
constexpr days days_of_details{1};

// The days of an hourly sync, with those of its lookback. More days are one slice if none has a row, as for a
// server that receives nothing.
constexpr days few_days{3};

// Postmark keeps messages for a year at most. Older days should be empty, so they are one slice.
constexpr days kept{366};

// The list of one status.
Target list_of(const Inbound& inbound, std::string_view status, const WallRange& dates) {
  return Target(inbound.path).with("status", status).with("fromdate", dates.from).with("todate", dates.to);
}

// Whether the list of one status has rows of these days.
Result<bool> has_rows(Api& api, const Inbound& inbound, std::string_view status, Day first, Day last) {
  const auto list = list_of(inbound, status, {format_day(first), format_day(last)});
  const auto top = api.top(list, inbound.records);
  if (!top) return Failed(top.error());
  return top->total > 0;
}

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
      const auto has_any = has_rows(api_, inbound_, status_, range.first, range.last);
      if (!has_any) return Failed(has_any.error());
      if (!*has_any) return {};
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

  [[nodiscard]] Target target(const WallRange& filter) const { return list_of(inbound_, status_, filter); }

  Api& api_;
  const Inbound& inbound_;
  Projection listed_;  // the columns read from the list
  ListedRows rows_;
  CountedPages pages_;
  std::string_view status_;
  Day day_{};
  std::string date_;  // the day as JSON
};

// Whether no status has rows of these days. Most messages have the last status, so it is requested first.
Result<bool> has_no_rows(Api& api, const Inbound& inbound, Day first, Day last) {
  for (auto status = inbound.statuses.rbegin(); status != inbound.statuses.rend(); ++status) {
    const auto has_any = has_rows(api, inbound, *status, first, last);
    if (!has_any) return Failed(has_any.error());
    if (*has_any) return false;
  }
  return true;
}

Result<void> plan_inbound(Api& api, const Inbound& inbound, Day first, Day last, Day today,
                          const Slices& slices) {
  if (last - first >= few_days) {
    const auto is_empty = has_no_rows(api, inbound, first, last);
    if (!is_empty) return Failed(is_empty.error());
    if (*is_empty) return slices.push(to_json({first, last, last}));
  }
  if (const auto oldest = today - kept; first < oldest) {
    if (last < oldest) return slices.push(to_json({first, last, last}));
    auto pushed = slices.push(to_json({first, oldest - days(1), oldest}));
    if (!pushed) return pushed;
    first = oldest;
  }
  const auto most = inbound.details ? days_of_details : days_of_a_slice;
  for (const auto& range : cut_days(first, last, most, slices_of_days)) {
    auto pushed = slices.push(to_json(range));
    if (!pushed) return pushed;
  }
  return {};
}

}  // namespace

SourceStream make_stream(const Inbound& inbound, const std::shared_ptr<Api>& api, const Config& config,
                         Host host) {
  auto incremental = by_days(config, config.lookback, days(0));
  incremental.divide_days = [&inbound, api, host](Day first, Day last, const Partition&, Slices& slices) {
    return plan_inbound(*api, inbound, first, last, eastern().day_of(host.now()), slices);
  };
  return incremental_stream(host, inbound.stream, std::move(incremental), std::nullopt,
                            [&inbound, api](const ReadRequest& request, Records& records) -> Result<void> {
                              const auto range = days_of(request.slice);
                              if (!range) return Failed(range.error());
                              return Reader(*api, inbound, request.projection, records).read(*range);
                            });
}

}  // namespace postmark
