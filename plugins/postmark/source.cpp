#include "source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "activity.hpp"
#include "api.hpp"
#include "eastern.hpp"
#include "failures.hpp"
#include "inbound.hpp"
#include "server_state.hpp"
#include "small_list.hpp"
#include "statistics.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;
using By = Statistics::By;

namespace {

// The newest rows may not be in the lists yet, so they are left to the next sync.
constexpr std::chrono::seconds settling{60};

BookmarkName activity_bookmark(std::string_view message_stream) {
  return {"received_at", "message_streams", message_stream};
}

// Converts a state of tap-postmark, {"start_date":"2026-03-01"}. That is the day after the last row in UTC,
// which may be two days after it in Eastern time, and tap-postmark did not read the rest of the last row's
// day. So the bookmark is two days earlier. For messages and events it is that of the default message stream,
// the only one that was read.
Result<json::object> adopt(const Stream& stream, json::object state) {
  if (!state.contains("start_date")) return state;
  const auto start = day_bookmark(state, {"start_date"});
  if (!start) return Failed(start.error());
  const auto from = **start - days(2);
  state.erase("start_date");
  if (stream.replication_key == "date") {
    state.emplace("date", format_day(from));
  } else if (!state.contains("message_streams")) {
    state["message_streams"] = {{"outbound", format_time(eastern().start_of(from))}};
  }
  return state;
}

// A state of another connector must not cause an unexpected full read.
void warn_of_unknown_state(const Host& host, const Stream& stream, const json::object& state) {
  std::string found;
  for (const auto& [name, value] : state) {
    for (const auto* known : {"date", "message_streams", "tags", "servers", "start_date"}) {
      if (name == known) return;
    }
    found += fmt::format("{}{}", found.empty() ? "" : ", ", std::string_view(name));
  }
  if (!state.empty())
    host.warning(fmt::format(
        "{}: its state has only members that this connector does not know ({}), so it is read "
        "from start_date; expected {}",
        stream.name, found,
        stream.replication_key == "date" ? R"({"date":"2026-01-31"})"
                                         : R"({"message_streams":{"outbound":"2026-01-31T00:00:00Z"}})"));
}

// Returns where reading starts: `lookback` before the bookmark, because rows change after they appear, but
// not before the configured start. Without a bookmark it is the start.
template <class T, class Duration>
T reading_start(const std::optional<T>& bookmark, T start, Duration lookback) {
  if (!bookmark) return start;
  return std::max(*bookmark - lookback, std::min(*bookmark, start));
}

// A bookmark in the future would skip the rows that appear until then.
template <class T>
Result<void> check_bookmark(const std::optional<T>& bookmark, T now, std::string_view text) {
  if (!bookmark || *bookmark <= now) return {};
  return state_error(
      fmt::format("the bookmark {} is in the future: correct it, or remove it to read from the start", text));
}

class PostmarkSource : public Source {
 public:
  PostmarkSource(Host host, std::unique_ptr<Servers> servers, Config config)
      : host_(host), servers_(std::move(servers)), config_(std::move(config)) {
    const auto add = [&](const std::vector<Statistics>& more) {
      statistics_.insert(statistics_.end(), more.begin(), more.end());
    };
    if (config_.stats_by.message_stream) add(statistics_by_message_stream());
    if (!config_.stats_by.tags.empty()) add(statistics_by_tag());
    for (auto& activity : activities_) add_server_columns(activity.stream, servers_->are_several());
    for (auto& statistics : statistics_) add_server_columns(statistics.stream, servers_->are_several());
    for (auto& inbound : inbounds_) add_server_columns(inbound.stream, servers_->are_several());
    for (auto& list : lists_) {
      if (!list.is_of_account) add_server_columns(list.stream, servers_->are_several());
    }
  }

  Result<void> check() override { return servers_->check(); }

  Result<std::vector<const Stream*>> discover() override {
    const bool has_servers = servers_->has_any();
    const bool has_account = servers_->account() != nullptr;
    std::vector<const Stream*> streams;
    std::string left_out;
    const auto add = [&](const Stream& stream, bool has_token) {
      if (has_token) {
        streams.push_back(&stream);
      } else {
        left_out += fmt::format("{}{}", left_out.empty() ? "" : ", ", stream.name);
      }
    };
    for (const auto& activity : activities_) add(activity.stream, has_servers);
    for (const auto& statistics : statistics_) add(statistics.stream, has_servers);
    for (const auto& inbound : inbounds_) add(inbound.stream, has_servers);
    for (const auto& list : lists_) add(list.stream, list.is_of_account ? has_account : has_servers);
    if (!left_out.empty())
      host_.info(fmt::format("left out because they need {}: {}",
                             has_servers ? "postmark_account_token" : "a server token or all_servers",
                             left_out));
    return streams;
  }

  Result<void> plan(const PlanRequest& request, Slices& slices) override {
    const auto since = parse_since(request.since, eastern());
    if (!since) return with_context("since", since.error());
    const auto until = parse_until(request.until, eastern());
    if (!until) return with_context("until", until.error());
    const auto end = std::min(until->value_or(Time::max()), host_.now());
    warn_of_unknown_state(host_, request.stream, request.state);
    const auto* list = find_list(request.stream);
    if (list && list->is_of_account) return slices.push({});
    return servers_->plan(request.state, slices, [&](Servers::Part& part) -> Result<void> {
      if (list) return plan_list(*list, part);
      auto state = adopt(request.stream, part.state);
      if (!state) return Failed(std::move(state).error());
      part.state = *std::move(state);
      if (const auto* activity = find_activity(request.stream)) return plan(*activity, part, *since, end);
      if (const auto* inbound = find_inbound(request.stream)) return plan(*inbound, part, *since, end);
      return plan(*find_statistics(request.stream), part, *since, end);
    });
  }

  Result<void> read(const Projection& projection, const json::object& slice, Records& records) override {
    const auto* list = find_list(projection.stream());
    if (list && list->is_of_account)
      return read_list(*servers_->account(), *list, projection, slice, records);
    const auto server = servers_->find(slice);
    if (!server) return Failed(server.error());
    const auto columns = with_server_columns(projection, **server);
    if (!columns) return Failed(columns.error());
    auto& api = (*server)->api();
    if (list) return read_list(api, *list, *columns, slice, records);
    if (const auto* activity = find_activity(projection.stream())) {
      const auto part = activity_slice(slice);
      if (!part) return Failed(part.error());
      return read_activity(api, *activity, *columns, *part, records);
    }
    const auto part = day_slice(slice, by_of(projection.stream()));
    if (!part) return Failed(part.error());
    if (const auto* inbound = find_inbound(projection.stream()))
      return read_inbound(api, *inbound, *columns, part->days, records);
    return read_days(api, *find_statistics(projection.stream()), *columns, *part, records);
  }

  Result<json::object> state(const Stream& stream, json::object state, const json::object& slice) override {
    if (find_list(stream)) return state;  // each sync reads all of it
    return fold_server_state(std::move(state), slice, [&](json::object own) -> Result<json::object> {
      auto adopted = adopt(stream, std::move(own));
      if (!adopted) return adopted;
      if (find_activity(stream)) {
        const auto part = activity_slice(slice);
        if (!part) return Failed(part.error());
        return advance(*std::move(adopted), activity_bookmark(part->message_stream),
                       eastern().start_of(config_.start), part->window);
      }
      const auto by = by_of(stream);
      const auto part = day_slice(slice, by);
      if (!part) return Failed(part.error());
      return advance(*std::move(adopted), days_bookmark(by, part->part), config_.start, part->days.from,
                     part->next);
    });
  }

 private:
  const Activity* find_activity(const Stream& stream) const {
    const auto found = std::find_if(activities_.begin(), activities_.end(),
                                    [&](const Activity& a) { return &a.stream == &stream; });
    return found == activities_.end() ? nullptr : &*found;
  }
  const SmallList* find_list(const Stream& stream) const {
    const auto found =
        std::find_if(lists_.begin(), lists_.end(), [&](const SmallList& l) { return &l.stream == &stream; });
    return found == lists_.end() ? nullptr : &*found;
  }
  const Statistics* find_statistics(const Stream& stream) const {
    return &*std::find_if(statistics_.begin(), statistics_.end(),
                          [&](const Statistics& s) { return &s.stream == &stream; });
  }
  const Inbound* find_inbound(const Stream& stream) const {
    const auto found = std::find_if(inbounds_.begin(), inbounds_.end(),
                                    [&](const Inbound& i) { return &i.stream == &stream; });
    return found == inbounds_.end() ? nullptr : &*found;
  }
  By by_of(const Stream& stream) const {
    return find_inbound(stream) ? By::everything : find_statistics(stream)->by;
  }

  // Plans each message stream by itself, so that a failure does not stop the others.
  Result<void> plan(const Activity& activity, Servers::Part& part, std::optional<Time> since, Time end) {
    auto& api = part.server.api();
    const auto message_streams = api.message_streams();
    if (!message_streams) return Failed(message_streams.error());
    std::vector<std::pair<MessageStream, Time>> starts;
    for (const auto& message_stream : *message_streams) {
      if (message_stream.is_inbound && !activity.with_inbound) continue;
      const auto from = activity_start(activity, part.state, message_stream.id, since);
      if (!from) return Failed(from.error());
      starts.emplace_back(message_stream, *from);
    }
    std::vector<Error> errors;
    for (const auto& [message_stream, from] : starts) {
      const auto& id = message_stream.id;
      auto slices = part.slices_of(id);
      auto planned =
          plan_activity(api, activity, message_stream, {from, std::min(end, host_.now() - settling)}, slices);
      if (planned) continue;
      if (planned.error().status == Status::cancelled) return planned;
      errors.push_back(
          with_context(fmt::format("message stream {}", id), std::move(planned).error()).value());
    }
    return as_one(host_, std::move(errors));
  }

  Result<Time> activity_start(const Activity& activity, const json::object& state,
                              std::string_view message_stream, std::optional<Time> since) const {
    const auto bookmark = time_bookmark(state, activity_bookmark(message_stream));
    if (!bookmark) return Failed(bookmark.error());
    const auto checked =
        check_bookmark(*bookmark, host_.now(), bookmark->has_value() ? format_time(**bookmark) : "");
    if (!checked) return Failed(checked.error());
    const bool has_events = activity.details && !activity.details->rows.empty();
    const auto lookback = has_events ? config_.events_lookback : config_.lookback;
    return since ? *since : reading_start(*bookmark, eastern().start_of(config_.start), lookback);
  }

  Result<void> plan(const Statistics& statistics, Servers::Part& part, std::optional<Time> since, Time end) {
    if (statistics.by == By::everything) {
      const auto range = days_to_read(part.state, days_bookmark(), config_.stats_lookback, since, end);
      if (!range) return Failed(range.error());
      return plan_days(statistics, {}, *range, part.slices);
    }
    const auto names = parts_of(statistics, part.server.api());
    if (!names) return Failed(names.error());
    std::vector<Days> ranges;
    for (const auto& name : *names) {
      const auto range =
          days_to_read(part.state, days_bookmark(statistics.by, name), config_.stats_lookback, since, end);
      if (!range) return Failed(range.error());
      ranges.push_back(*range);
    }
    for (size_t i = 0; i < ranges.size(); ++i) {
      auto slices = part.slices_of((*names)[i]);
      auto planned = plan_days(statistics, (*names)[i], ranges[i], slices);
      if (!planned) return planned;
    }
    return {};
  }

  // Returns the message streams that send, or the tags.
  Result<std::vector<std::string>> parts_of(const Statistics& statistics, Api& api) const {
    if (statistics.by == By::tag) return config_.stats_by.tags;
    const auto message_streams = api.message_streams();
    if (!message_streams) return Failed(message_streams.error());
    std::vector<std::string> ids;
    for (const auto& message_stream : *message_streams) {
      if (!message_stream.is_inbound && has_statistics(api, statistics, message_stream))
        ids.push_back(message_stream.id);
    }
    return ids;
  }

  Result<void> plan(const Inbound& inbound, Servers::Part& part, std::optional<Time> since, Time end) {
    const auto range = days_to_read(part.state, days_bookmark(), config_.lookback, since, end);
    if (!range) return Failed(range.error());
    return plan_inbound(inbound, *range, eastern().day_of(host_.now()), part.slices);
  }

  Result<Days> days_to_read(const json::object& state, BookmarkName name, days lookback,
                            std::optional<Time> since, Time end) const {
    const auto today = eastern().day_of(host_.now());
    const auto bookmark = day_bookmark(state, name);
    if (!bookmark) return Failed(bookmark.error());
    const auto checked =
        check_bookmark(*bookmark, today, bookmark->has_value() ? format_day(**bookmark) : "");
    if (!checked) return Failed(checked.error());
    const auto from = since ? eastern().day_of(*since) : reading_start(*bookmark, config_.start, lookback);
    // The last day is the day of the last moment before the end.
    return Days{from, eastern().day_of(end - std::chrono::microseconds(1))};
  }

  Host host_;
  std::unique_ptr<Servers> servers_;
  Config config_;
  // The tables of streams, with the columns of the server.
  std::vector<Activity> activities_ = activities();
  std::vector<Statistics> statistics_ = postmark::statistics();
  std::vector<Inbound> inbounds_ = inbounds();
  std::vector<SmallList> lists_ = small_lists();
};

}  // namespace

std::unique_ptr<Source> make_source(Host host, std::unique_ptr<Servers> servers, Config config) {
  return std::make_unique<PostmarkSource>(host, std::move(servers), std::move(config));
}

}  // namespace postmark
