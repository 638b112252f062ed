#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <tapster/incremental.hpp>
#include <tapster/joined_errors.hpp>
#include <utility>

namespace tapster {

using std::chrono::days;
using Unit = Incremental::Unit;

namespace {

std::optional<Time> time_in(const json::object& slice, std::string_view member) {
  const auto* text = find_string(slice, member);
  const auto time = text ? parse_time(view(*text)) : std::nullopt;
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::microseconds>(*time);
}

std::optional<Day> day_in(const json::object& slice, std::string_view member) {
  const auto* text = find_string(slice, member);
  return text ? parse_day(view(*text)) : std::nullopt;
}

// "message stream" of "message_stream"
std::string words_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// Whether a value may be the bookmark of integers or tokens.
bool fits(Unit unit, const json::value& value) {
  return unit == Unit::integer ? value.is_int64() : value.is_string();
}

}  // namespace

std::vector<DayRange> cut_days(Day first, Day last, days most, int least_slices) {
  const auto all = last - first + days(1);
  const auto size = std::clamp((all + days(least_slices - 1)) / least_slices, days(1), most);
  std::vector<DayRange> ranges;
  for (auto from = first; from <= last; from += size) {
    const auto to = std::min<Day>(from + size - days(1), last);
    ranges.push_back({from, to, to == last ? to : to + days(1)});
  }
  return ranges;
}

Result<Window> window_of(const json::object& slice) {
  const auto from = time_in(slice, "from");
  const auto to = time_in(slice, "to");
  if (!from || !to) return internal_error(fmt::format("not a slice of times: {}", json::serialize(slice)));
  return Window{*from, *to};
}

Result<DayRange> days_of(const json::object& slice) {
  const auto first = day_in(slice, "from");
  const auto last = day_in(slice, "to");
  const auto next = day_in(slice, "next");
  if (!first || !last || !next)
    return internal_error(fmt::format("not a slice of days: {}", json::serialize(slice)));
  return DayRange{*first, *last, *next};
}

json::object to_json(Window window) {
  return {{"from", format_time(window.from)}, {"to", format_time(window.to)}};
}

json::object to_json(const DayRange& range) {
  return {
      {"from", format_day(range.first)}, {"to", format_day(range.last)}, {"next", format_day(range.next)}};
}

Result<Planner> Planner::create(Host host, const Stream& stream, Incremental incremental,
                                std::optional<Partitions> partitions) {
  auto zone = Zone::find(incremental.zone);
  if (!zone) return Failed(std::move(zone).error());
  if (incremental.bookmark.empty()) incremental.bookmark = stream.replication_key;
  if (incremental.bookmark.empty()) return internal_error("an incremental stream needs a replication key");
  if (incremental.least_slices < 1) return internal_error("`least_slices` must be at least 1");
  if (incremental.volume && incremental.rows_of_a_slice < 1)
    return internal_error("`volume` needs `rows_of_a_slice`");
  if (partitions) {
    if (partitions->member.empty() || partitions->bookmarks.empty())
      return internal_error("partitions of an incremental stream need `member` and `bookmarks`");
    for (const auto* taken : {"from", "to", "next", "after", "reached", "partition"}) {
      if (partitions->member == taken)
        return internal_error(
            fmt::format("the partitions' member cannot be \"{}\", which slices have already", taken));
    }
  }
  return Planner(host, stream.name, std::move(incremental), std::move(partitions), *zone);
}

Result<std::vector<Partition>> find_partitions(const Partitions& partitions) {
  std::vector<Partition> found;
  for (const auto& name : partitions.names) found.push_back({name});
  if (partitions.find) {
    auto requested = partitions.find();
    if (!requested) return requested;
    found = *std::move(requested);
  }
  std::set<std::string_view> names;
  for (const auto& partition : found) {
    if (partition.name.empty())
      return source_error(fmt::format("a {} has no name", words_of(partitions.member)));
    if (!names.insert(partition.name).second)
      return source_error(fmt::format("there are two of {} {}", words_of(partitions.member), partition.name));
  }
  return found;
}

BookmarkName Planner::name_of(std::string_view partition) const {
  if (!partitions_) return {incremental_.bookmark};
  return {incremental_.bookmark, partitions_->bookmarks, partition};
}

// Returns where reading starts: the lookback before the bookmark, but not before the configured start. A
// bookmark in the future would skip the rows that appear until then.
template <class T>
Result<T> Planner::start_of(const std::optional<T>& bookmark, T start, T now, std::string_view text) const {
  if (!bookmark) return start;
  if (*bookmark > now)
    return state_error(fmt::format(
        "the bookmark {} is in the future: correct it, or remove it to read from the start", text));
  const auto lookback = std::chrono::ceil<typename T::duration>(incremental_.lookback);
  return std::max(*bookmark - lookback, std::min(*bookmark, start));
}

void Planner::warn_of_unknown_state(const json::object& state) const {
  std::string found;
  for (const auto& [name, value] : state) {
    if (name == incremental_.bookmark || (partitions_ && name == partitions_->bookmarks)) return;
    if (name != "version") found += fmt::format("{}{}", found.empty() ? "" : ", ", std::string_view(name));
  }
  if (!found.empty())
    host_.warning(fmt::format(
        "{}: its state has only members that this connector does not know ({}), so it is read from "
        "the start; expected {}",
        stream_, found, partitions_ ? partitions_->bookmarks : incremental_.bookmark));
}

Result<json::object> Planner::adopted(json::object state) const {
  return incremental_.adopt ? incremental_.adopt(std::move(state)) : std::move(state);
}

Result<Planner::Bounds> Planner::bounds_of(const PlanRequest& request) const {
  const auto since = parse_since(request.since, zone_);
  if (!since) return with_context("since", since.error());
  const auto until = parse_until(request.until, zone_);
  if (!until) return with_context("until", until.error());
  const auto now = request.now.value_or(host_.now());
  const bool has_range = incremental_.unit == Unit::time || incremental_.unit == Unit::day;
  if (!has_range && (!request.since.empty() || !request.until.empty()))
    host_.warning(fmt::format("{}: since and until have no effect: its bookmarks are not times", stream_));
  return Bounds{*since, std::min(until->value_or(Time::max()), now), now};
}

Result<void> Planner::plan(const PlanRequest& request, Slices& slices) const {
  const auto bounds = bounds_of(request);
  if (!bounds) return Failed(bounds.error());
  const auto state = adopted(request.state);
  if (!state) return Failed(state.error());
  warn_of_unknown_state(*state);
  const auto partitions = partitions_ ? find_partitions(*partitions_) : std::vector<Partition>{{}};
  if (!partitions) return Failed(partitions.error());
  // A state that cannot be read is found before anything is pushed.
  std::vector<Plan> plans;
  for (const auto& partition : *partitions) {
    auto plan = plan_of(partition, *state, *bounds);
    if (!plan) return Failed(std::move(plan).error());
    plans.push_back(*std::move(plan));
  }
  std::vector<Error> errors;
  for (size_t i = 0; i < plans.size(); ++i) {
    const auto& partition = (*partitions)[i];
    auto own = slices_of(partition, slices);
    auto planned = plans[i](own);
    if (planned) continue;
    if (!partitions_ || planned.error().status == Status::cancelled) return planned;
    errors.push_back(with_context(fmt::format("{} {}", words_of(partitions_->member), partition.name),
                                  std::move(planned).error())
                         .value());
  }
  return join_errors(host_, std::move(errors));
}

Slices Planner::slices_of(const Partition& partition, const Slices& slices) const {
  if (!partitions_) return slices;
  auto members = partition.members;
  members[partitions_->member] = partition.name;
  return slices.with(members).in_partition(partition.name);
}

// Reads the bookmark of a partition. The plan pushes its slices.
Result<Planner::Plan> Planner::plan_of(const Partition& partition, const json::object& state,
                                       const Bounds& bounds) const {
  const auto name = name_of(partition.name);
  if (incremental_.unit == Unit::time) {
    const auto bookmark = time_bookmark(state, name);
    if (!bookmark) return Failed(bookmark.error());
    const auto from = start_of(*bookmark, incremental_.start, bounds.now,
                               bookmark->has_value() ? format_time(**bookmark) : "");
    if (!from) return Failed(from.error());
    return [this, &bounds, &partition, from = bounds.since.value_or(*from)](Slices& slices) {
      return plan_times(from, bounds, partition, slices);
    };
  }
  if (incremental_.unit == Unit::day) {
    const auto bookmark = day_bookmark(state, name);
    if (!bookmark) return Failed(bookmark.error());
    const auto from = start_of(*bookmark, zone_.day_of(incremental_.start), zone_.day_of(bounds.now),
                               bookmark->has_value() ? format_day(**bookmark) : "");
    if (!from) return Failed(from.error());
    return [this, &bounds, &partition, from = bounds.since ? zone_.day_of(*bounds.since) : *from](
               Slices& slices) { return plan_days(from, bounds, partition, slices); };
  }
  const auto bookmark = value_bookmark(state, name);
  if (!bookmark) return Failed(bookmark.error());
  json::object slice;
  if (*bookmark != nullptr) {
    if (!fits(incremental_.unit, **bookmark))
      return state_error(
          fmt::format("{} has another form than the bookmarks of this stream: correct it, or remove it to "
                      "read from the start",
                      incremental_.bookmark));
    slice["after"] = **bookmark;
  }
  return [slice](Slices& slices) { return slices.push(slice); };
}

Result<void> Planner::plan_times(Time from, const Bounds& bounds, const Partition& partition,
                                 Slices& slices) const {
  // Many sources show times without fractions. For them the current second may still get rows.
  const auto latest = std::chrono::floor<std::chrono::seconds>(bounds.now - incremental_.settling);
  const Window window{from, std::min<Time>(bounds.end, latest)};
  if (window.from >= window.to) return {};
  if (incremental_.divide) return incremental_.divide(window, partition, slices);
  std::vector<Window> windows;
  const bool is_long = window.to - window.from > incremental_.uncut;
  if (incremental_.volume && is_long) {
    const auto volume = incremental_.volume(window, partition);
    if (!volume) return Failed(volume.error());
    windows = cut_by_volume(window, *volume, incremental_.rows_of_a_slice, zone_);
  } else if (incremental_.step > std::chrono::seconds(0)) {
    for (auto at = window.from; at < window.to; at += incremental_.step)
      windows.push_back({at, std::min<Time>(at + incremental_.step, window.to)});
  } else {
    windows.push_back(window);
  }
  for (const auto& each : windows) {
    auto pushed = slices.push(to_json(each));
    if (!pushed) return pushed;
  }
  return {};
}

Result<void> Planner::plan_days(Day from, const Bounds& bounds, const Partition& partition,
                                Slices& slices) const {
  // The day of the last moment before the end.
  const auto last = zone_.day_of(bounds.end - std::chrono::microseconds(1));
  if (from > last) return {};
  if (incremental_.divide_days) return incremental_.divide_days(from, last, partition, slices);
  const bool is_one = incremental_.step == std::chrono::seconds(0);
  const auto most = std::max(std::chrono::floor<days>(incremental_.step), days(1));
  const auto ranges = is_one ? std::vector<DayRange>{{from, last, last}}
                             : cut_days(from, last, most, incremental_.least_slices);
  // Rows of a day that is just over may still appear.
  const auto settled = zone_.day_of(bounds.now - incremental_.settling);
  for (auto range : ranges) {
    range.next = std::max(std::min(range.next, settled), range.first);
    auto pushed = slices.push(to_json(range));
    if (!pushed) return pushed;
  }
  return {};
}

Result<json::object> Planner::advance(json::object state, const json::object& slice) const {
  auto adopted_state = adopted(std::move(state));
  if (!adopted_state) return adopted_state;
  state = *std::move(adopted_state);
  const auto partition = partitions_ ? tapster::text_of(slice, partitions_->member) : std::string();
  const auto name = name_of(partition);
  if (incremental_.unit == Unit::time) {
    auto window = window_of(slice);
    if (!window) return Failed(window.error());
    if (const auto reached = time_in(slice, "reached")) window->to = *reached;
    return tapster::advance(std::move(state), name, incremental_.start, *window);
  }
  if (incremental_.unit == Unit::day) {
    const auto range = days_of(slice);
    if (!range) return Failed(range.error());
    return tapster::advance(std::move(state), name, zone_.day_of(incremental_.start), range->first,
                            range->next);
  }
  const auto* reached = slice.if_contains("reached");
  if (reached == nullptr) return state;  // nothing new
  if (!fits(incremental_.unit, *reached))
    return internal_error(fmt::format("not a slice of this stream: {}", json::serialize(slice)));
  const auto old = value_bookmark(state, name);
  if (!old) return Failed(old.error());
  if (incremental_.unit == Unit::integer && *old != nullptr && (*old)->is_int64() &&
      (*old)->get_int64() >= reached->get_int64())
    return state;
  return store_bookmark(std::move(state), name, *reached);
}

SourceStream incremental_stream(Host host, Stream stream, Incremental incremental,
                                std::optional<Partitions> partitions,
                                std::function<Result<void>(const ReadRequest&, Records&)> read) {
  SourceStream made{.stream = std::move(stream), .read = std::move(read)};
  auto created = Planner::create(host, made.stream, std::move(incremental), std::move(partitions));
  if (!created) {
    made.failure = std::move(created).error();
    return made;
  }
  const auto planner = std::make_shared<const Planner>(*std::move(created));
  made.plan = [planner](const PlanRequest& request, Slices& slices) {
    return planner->plan(request, slices);
  };
  made.advance = [planner](json::object state, const json::object& slice) {
    return planner->advance(std::move(state), slice);
  };
  return made;
}

}  // namespace tapster
