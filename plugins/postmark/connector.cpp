// The Postmark connector: its config, its streams, and what is to be read when.
#include <fmt/format.h>

#include <algorithm>
#include <tapster/redaction.hpp>
#include <tapster/source.hpp>

#include "activity.hpp"
#include "api.hpp"
#include "eastern.hpp"
#include "failures.hpp"
#include "inbound.hpp"
#include "read_list.hpp"
#include "server_state.hpp"
#include "servers.hpp"
#include "statistics.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;
using By = Statistics::By;

namespace {

// The newest rows may still be on their way into the lists, so they are left to the next sync.
constexpr std::chrono::seconds settling{60};

BookmarkName activity_bookmark(std::string_view message_stream) {
  return {"received_at", "message_streams", message_stream};
}

// The state of tap-postmark is {"start_date":"2026-03-01"}, the day after the last row's, of which it never
// read the rest. It becomes a bookmark of ours that begins a day earlier; of messages and opens one for the
// default message stream, as it asked for no other.
Result<json::object> adopt(const Stream& stream, json::object state) {
  if (!state.contains("start_date")) return state;
  const auto start = day_bookmark(state, {"start_date"});
  if (!start) return Failed(start.error());
  const auto from = **start - days(1);
  state.erase("start_date");
  if (stream.replication_key == "date") {
    state.emplace("date", format_day(from));
  } else if (!state.contains("message_streams")) {
    state["message_streams"] = {{"outbound", format_time(eastern().start_of(from))}};
  }
  return state;
}

// Where reading begins: a while before the bookmark, as rows change after they appear, but not before the
// configured start. Where nothing was read before, at the start.
template <class T, class Duration>
T reading_start(const std::optional<T>& bookmark, T start, Duration lookback) {
  if (!bookmark) return start;
  return std::max(*bookmark - lookback, std::min(*bookmark, start));
}

// A bookmark that lies in the future would skip what comes until then.
template <class T>
Result<void> check_bookmark(const std::optional<T>& bookmark, T now, std::string_view text) {
  if (!bookmark || *bookmark <= now) return {};
  return state_error(fmt::format(
      "the bookmark {} lies in the future: correct it, or remove it to read from the start", text));
}

// What the settings stats_by and stats_tags ask for.
struct StatsBy {
  bool message_stream = false;
  std::vector<std::string> tags;  // none: not by tag
};

Result<StatsBy> stats_by(const json::object& config) {
  StatsBy by;
  bool by_tag = false;
  for (const auto& name : config.at("stats_by").as_array())
    (name == "tag" ? by_tag : by.message_stream) = true;
  for (const auto& tag : config.at("stats_tags").as_array()) by.tags.emplace_back(view(tag.as_string()));
  if (by_tag && by.tags.empty())
    return config_error(
        R"("stats_by" has "tag", and "stats_tags" is empty: name the tags to ask for, as Postmark does not list them)");
  if (!by_tag && !by.tags.empty())
    return config_error(
        R"("stats_tags" is there, and "stats_by" has no "tag": add it, or leave "stats_tags" out)");
  return by;
}

class PostmarkSource : public Source {
 public:
  struct Config {
    Day start;
    days lookback, stats_lookback, events_lookback;
    StatsBy stats_by;
  };

  PostmarkSource(Host host, std::unique_ptr<Servers> servers, Config config)
      : host_(host), servers_(std::move(servers)), config_(std::move(config)) {
    const auto add = [&](const std::vector<Statistics>& more) {
      statistics_.insert(statistics_.end(), more.begin(), more.end());
    };
    if (config_.stats_by.message_stream) add(statistics_by_message_stream());
    if (!config_.stats_by.tags.empty()) add(statistics_by_tag());
    for (auto& activity : activities_) add_server_columns(activity.stream, servers_->are_several());
    for (auto& statistics : statistics_) add_server_columns(statistics.stream, servers_->are_several());
    add_server_columns(inbound_.stream, servers_->are_several());
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
    add(inbound_.stream, has_servers);
    for (const auto& list : lists_) add(list.stream, list.is_of_account ? has_account : has_servers);
    if (!left_out.empty())
      host_.info(fmt::format("left out, as they need {}: {}",
                             has_servers ? "a postmark_account_token" : "a server's token or all_servers",
                             left_out));
    return streams;
  }

  Result<void> plan(const PlanRequest& request, Slices& slices) override {
    const auto since = parse_since(request.since, eastern());
    if (!since) return with_context("since", since.error());
    const auto until = parse_until(request.until, eastern());
    if (!until) return with_context("until", until.error());
    const auto end = std::min(until->value_or(Time::max()), host_.now());
    const auto* list = find_list(request.stream);
    if (list && list->is_of_account) return plan_list(*servers_->account(), *list, slices);
    return servers_->plan(request.state, slices, [&](Servers::Part& part) -> Result<void> {
      if (list) return plan_list(part.server.api(), *list, part.slices);
      auto state = adopt(request.stream, part.state);
      if (!state) return Failed(std::move(state).error());
      part.state = *std::move(state);
      if (const auto* activity = find_activity(request.stream)) return plan(*activity, part, *since, end);
      if (is_inbound(request.stream)) return plan_received(part, *since, end);
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
    if (is_inbound(projection.stream())) return read_inbound(api, inbound_, *columns, part->days, records);
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
        return advance(*std::move(adopted), activity_bookmark(part->message_stream), part->window);
      }
      const auto by = by_of(stream);
      const auto part = day_slice(slice, by);
      if (!part) return Failed(part.error());
      return advance(*std::move(adopted), days_bookmark(by, part->part), part->days.from, part->next);
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
  bool is_inbound(const Stream& stream) const { return &stream == &inbound_.stream; }
  By by_of(const Stream& stream) const {
    return is_inbound(stream) ? By::everything : find_statistics(stream)->by;
  }

  // Every message stream apart, so that one that fails leaves the others.
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
    const auto lookback = activity.detail_rows.empty() ? config_.lookback : config_.events_lookback;
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

  // The message streams that send, or the tags.
  Result<std::vector<std::string>> parts_of(const Statistics& statistics, Api& api) const {
    if (statistics.by == By::tag) return config_.stats_by.tags;
    const auto message_streams = api.message_streams();
    if (!message_streams) return Failed(message_streams.error());
    std::vector<std::string> ids;
    for (const auto& message_stream : *message_streams) {
      if (!message_stream.is_inbound) ids.push_back(message_stream.id);
    }
    return ids;
  }

  Result<void> plan_received(Servers::Part& part, std::optional<Time> since, Time end) {
    const auto range = days_to_read(part.state, days_bookmark(), config_.lookback, since, end);
    if (!range) return Failed(range.error());
    return plan_inbound(*range, eastern().day_of(host_.now()), part.slices);
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
    // The last day is the one that the last moment before the end falls on.
    return Days{from, eastern().day_of(end - std::chrono::microseconds(1))};
  }

  Host host_;
  std::unique_ptr<Servers> servers_;
  Config config_;
  // The tables, with the server's columns.
  std::vector<Activity> activities_ = activities();
  std::vector<Statistics> statistics_ = postmark::statistics();
  Inbound inbound_ = postmark::inbound();
  std::vector<SmallList> lists_ = small_lists();
};

Result<std::unique_ptr<Source>> open(const json::object& config, Host host) {
  const auto& zone = find_eastern();
  if (!zone) return Failed(zone.error());
  const auto start_text = view(config.at("start_date").as_string());
  const auto start = parse_day(start_text);
  if (!start)
    return config_error(
        fmt::format("\"start_date\" has to be a day such as 2026-01-31, and is \"{}\"", start_text));
  if (const auto today = zone->day_of(host.now()); *start > today) {
    return config_error(
        fmt::format("\"start_date\" is {}, which has not come yet: it is {}", start_text, format_day(today)));
  }
  auto servers = Servers::open(config, host);
  if (!servers) return Failed(std::move(servers).error());
  auto by = stats_by(config);
  if (!by) return Failed(std::move(by).error());
  const PostmarkSource::Config settings{*start, days(config.at("lookback_days").as_int64()),
                                        days(config.at("stats_lookback_days").as_int64()),
                                        days(config.at("events_lookback_days").as_int64()), *std::move(by)};
  return std::make_unique<PostmarkSource>(host, *std::move(servers), settings);
}

const Connector& connector() {
  static const Connector postmark{
      .name = "postmark",
      .version = TAPSTER_CONNECTOR_VERSION,
      .description = "Messages, opens, clicks, bounces and daily statistics of Postmark, the email service",
      .settings = {{.name = "postmark_server_token",
                    .description = "The server's API token: Postmark, your server, API Tokens.",
                    .secret = true,
                    .rules = R"("minLength":1)"},
                   {.name = "postmark_server_tokens",
                    .type = Type::array,
                    .description = "The API tokens of further servers.",
                    .secret = true,
                    .default_value = "[]",
                    .rules = R"("items":{"type":"string","minLength":1})"},
                   {.name = "postmark_account_token",
                    .description = "The account's API token: Postmark, Account, API Tokens.",
                    .secret = true,
                    .rules = R"("minLength":1)"},
                   {.name = "all_servers",
                    .type = Type::boolean,
                    .description = "Whether all servers of the account are read, with the tokens that the "
                                   "account token shows.",
                    .default_value = "false"},
                   {.name = "start_date",
                    .type = Type::date,
                    .description = "The first day to read, YYYY-MM-DD, in US Eastern time.",
                    .required = true},
                   {.name = "base_url",
                    .description = "Where the API is: https, or http for a proxy or a test server.",
                    .default_value = R"("https://api.postmarkapp.com")",
                    .rules = R"("format":"uri","pattern":"^https?://")"},
                   {.name = "message_streams",
                    .type = Type::array,
                    .description =
                        "The ids of the message streams to read messages and events of, and statistics by "
                        "message stream. Empty for all.",
                    .default_value = "[]",
                    .rules = R"("items":{"type":"string","minLength":1})"},
                   {.name = "lookback_days",
                    .type = Type::integer,
                    .description = "How many days before the bookmark messages and events are read again, as "
                                   "a message's status still "
                                   "changes after it was read.",
                    .default_value = "1",
                    .rules = R"("minimum":0,"maximum":365)"},
                   {.name = "stats_lookback_days",
                    .type = Type::integer,
                    .description = "How many days before the bookmark daily statistics are read again, as "
                                   "they take time to settle.",
                    .default_value = "3",
                    .rules = R"("minimum":0,"maximum":365)"},
                   {.name = "events_lookback_days",
                    .type = Type::integer,
                    .description =
                        "How many days before the bookmark the details of messages are asked for again by "
                        "message_events, as further events come. Costs one request a message.",
                    .default_value = "3",
                    .rules = R"("minimum":0,"maximum":365)"},
                   {.name = "stats_by",
                    .type = Type::array,
                    .description = "What to read daily statistics apart by as well, in streams of their own: "
                                   "message_stream, tag.",
                    .default_value = "[]",
                    .rules = R"("items":{"enum":["message_stream","tag"]},"uniqueItems":true)"},
                   {.name = "stats_tags",
                    .type = Type::array,
                    .description = "The tags to read daily statistics of, where stats_by has tag.",
                    .default_value = "[]",
                    .rules = R"("items":{"type":"string","minLength":1},"uniqueItems":true)"},
                   redact_setting(),
                   redact_key_setting()},
      .open = open};
  return postmark;
}

}  // namespace

}  // namespace postmark

TAPSTER_CONNECTOR(postmark::connector)
