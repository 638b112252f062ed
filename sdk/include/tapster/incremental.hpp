// Incremental streams by declaration: what to plan, and which state follows. A Planner makes the functions
// `plan` and `advance` of a SourceStream from it; `read` may be declared too, or written by hand.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/bookmark.hpp>
#include <tapster/host.hpp>
#include <tapster/request_template.hpp>
#include <tapster/source.hpp>
#include <tapster/zone.hpp>
#include <vector>

namespace tapster {

// The approximate number of rows by day, in the zone of the stream. Days without rows may be left out.
using Volume = std::map<Day, int64_t>;

// Cuts a window into smaller ones of about `rows` rows, oldest first: at the ends of days, and inside days
// with more rows. `rows` is above 0. Wrong numbers make windows of another size, and nothing else.
std::vector<Window> cut_by_volume(Window window, const Volume& volume, int64_t rows, const Zone& zone);

// A part of a stream that is read by itself, with its own bookmark, and fails by itself: a mailbox, a region.
struct Partition {
  std::string name;           // in slices, states and records
  json::object members = {};  // further members of its slices
};

// The partitions of a stream.
struct Partitions {
  std::string member;            // of slices, such as "mailbox"; if it is a column, records have it too
  std::string bookmarks = {};    // the member of the state with one bookmark for each, such as "mailboxes"
  std::optional<Place> to = {};  // where the name goes in a request
  std::vector<std::string> names = {};  // those that are known, or
  // Requests them; called for each plan, on any thread. Any error.
  std::function<Result<std::vector<Partition>>()> find = {};
};

// Returns the partitions. Errors: source, for a name that is empty or comes twice; those of `find`.
Result<std::vector<Partition>> find_partitions(const Partitions& partitions);

// Days of a slice, both included, and the day on which the next sync starts.
struct DayRange {
  Day first, last, next;
};

// Cuts a range of days into slices of up to `most` days, oldest first. A short range is cut into smaller
// ones: `least_slices` of them, or as many as it has days. The last day of the range is read again by the
// next sync. Nothing if `first` is after `last`. `most` and `least_slices` are above 0.
std::vector<DayRange> cut_days(Day first, Day last, std::chrono::days most, int least_slices = 1);

// How an incremental stream is read: which values its bookmark has, and how a range of them is requested.
struct Incremental {
  // The values of the bookmark.
  //   time     Slices are windows of time, {"from":"2026-11-01T00:00:00Z","to":"…"}. Records outside are left
  //            out, whatever the API shows. With progress they have "reached", up to which they were read.
  //   day      Slices are days, {"from":"2026-11-01","to":"2026-11-20","next":"2026-11-21"}, both included.
  //            The last day is read again by the next sync, because it may not be over.
  //   integer  One slice, after the greatest value that has been read, {"after":41}; "reached" has the next.
  //   token    One slice, from the token in the last response of the sync before, {"after":"…"}; "reached"
  //   has
  //            the next.
  enum class Unit { time, day, integer, token };
  Unit unit = Unit::time;
  std::string bookmark = {};         // the member of the state; empty for the stream's replication key
  Time start = {};                   // where reading starts without a bookmark, for times and days
  std::string zone = "UTC";          // of days, and of bounds without an offset
  std::chrono::seconds lookback{0};  // how far before the bookmark each sync starts: records change late
  // How far before now it ends, at a whole second: records appear late, and clocks differ.
  std::chrono::seconds settling{0};
  // The length of a slice. Zero: all of it is one slice, as it is for an API without an upper bound.
  std::chrono::seconds step{0};
  // For days with a step: the slices that a range should have at least, if it has as many days. Slices are
  // read at the same time, so this is for a stream that requests each day by itself.
  int least_slices = 1;

  // Where the bounds go in a request, if `read` is declared. For integers and tokens only `from` is used.
  std::optional<Place> from = {}, to = {};
  // How a time is written: "2026-11-01T00:00:00Z", 1793491200, 1793491200000, or the day in the zone,
  // "2026-11-01"; or a function.
  enum class Format { rfc3339, unix_seconds, unix_milliseconds, day };
  Format format = Format::rfc3339;
  std::function<json::value(Time)> write = {};
  std::chrono::seconds granularity{1};  // of the API's bounds: `from` is rounded down to it, `to` up
  bool excludes_from = false;           // the API excludes its lower bound, for times
  bool includes_to = false;             // the API includes its upper bound, for days
  std::string token = {};  // for tokens: a JSON Pointer to the next sync's token; the last page counts
  // Whether an error of the first request means that the token has expired. The stream is then read from its
  // start, with a warning. Any thread.
  std::function<bool(const Error& error)> is_expired = [](const Error& error) {
    return error.http_status == 410;
  };

  // Whether the API lists the rows in the order of the replication key, oldest or least first: request that
  // order. Another order is then an error. After each page the progress is reported, so that an interrupted
  // slice continues there. For times and integers, with a list that is not counted by RecordSelector::total.
  // KeysetPages need not say it. Tokens report progress if the cursor of CursorPages is also the token.
  bool oldest_first = false;

  // Cuts windows by volume instead of by step: the rows that a slice should have, and a function that
  // estimates the rows of a window. Windows of up to `uncut` are not estimated.
  int64_t rows_of_a_slice = 0;
  std::function<Result<Volume>(Window window, const Partition& partition)> volume = {};
  std::chrono::seconds uncut{0};

  // Instead of all that, divides a range into slices by hand: pushes {"from":…,"to":…} with members of its
  // own. For days, the last slice must have the last day as its "next".
  std::function<Result<void>(Window window, const Partition& partition, Slices& slices)> divide = {};
  std::function<Result<void>(Day first, Day last, const Partition& partition, Slices& slices)> divide_days =
      {};

  // Converts a state of another form before it is used.
  std::function<Result<json::object>(json::object state)> adopt = {};
};

// Parse and write the slices of times and days. Errors: internal, for a slice of another form.
Result<Window> window_of(const json::object& slice);
Result<DayRange> days_of(const json::object& slice);
json::object to_json(Window window);
json::object to_json(const DayRange& range);

// Plans an incremental stream and keeps its state. Constant after `create`; any thread.
class Planner {
 public:
  // Errors: internal, for an unknown zone, a stream without a replication key, or partitions without names
  // for their members.
  static Result<Planner> create(Host host, const Stream& stream, Incremental incremental,
                                std::optional<Partitions> partitions = std::nullopt);

  // As SourceStream::plan and SourceStream::advance. A state that has only members of another connector
  // causes a warning, because the stream is then read from its start. If one partition cannot be planned, the
  // others are; the error covers all. Errors: config, for bounds that are no times; state, for bookmarks that
  // are not of the unit or in the future; those of the functions of the declaration.
  Result<void> plan(const PlanRequest& request, Slices& slices) const;
  Result<json::object> advance(json::object state, const json::object& slice) const;

  [[nodiscard]] const Incremental& incremental() const { return incremental_; }
  [[nodiscard]] const Zone& zone() const { return zone_; }

 private:
  // What to plan.
  struct Bounds {
    std::optional<Time> since;
    Time end, now;
  };
  // Pushes the slices of one partition. Valid as long as what it was made from.
  using Plan = std::function<Result<void>(Slices& slices)>;

  Planner(Host host, std::string stream, Incremental incremental, std::optional<Partitions> partitions,
          Zone zone)
      : host_(host),
        stream_(std::move(stream)),
        incremental_(std::move(incremental)),
        partitions_(std::move(partitions)),
        zone_(zone) {}

  [[nodiscard]] BookmarkName name_of(std::string_view partition) const;
  [[nodiscard]] Result<json::object> adopted(json::object state) const;
  [[nodiscard]] Result<Bounds> bounds_of(const PlanRequest& request) const;
  [[nodiscard]] Slices slices_of(const Partition& partition, const Slices& slices) const;
  [[nodiscard]] Result<Plan> plan_of(const Partition& partition, const json::object& state,
                                     const Bounds& bounds) const;
  template <class T>
  Result<T> start_of(const std::optional<T>& bookmark, T start, T now, std::string_view text) const;
  Result<void> plan_times(Time from, const Bounds& bounds, const Partition& partition, Slices& slices) const;
  Result<void> plan_days(Day from, const Bounds& bounds, const Partition& partition, Slices& slices) const;

  void warn_of_unknown_state(const json::object& state) const;

  Host host_;
  std::string stream_;
  Incremental incremental_;
  std::optional<Partitions> partitions_;
  Zone zone_;
};

// Returns a stream that is planned by a declaration and read by hand. A mistake in the declaration becomes
// SourceStream::failure.
SourceStream incremental_stream(Host host, Stream stream, Incremental incremental,
                                std::optional<Partitions> partitions,
                                std::function<Result<void>(const ReadRequest&, Records&)> read);

}  // namespace tapster
