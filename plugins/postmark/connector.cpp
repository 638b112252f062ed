// The Postmark connector: its config, its streams, and what is to be read when.
#include <fmt/format.h>

#include <algorithm>
#include <tapster/redaction.hpp>
#include <tapster/source.hpp>

#include "activity.hpp"
#include "api.hpp"
#include "eastern.hpp"
#include "statistics.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// The newest rows may still be on their way into the lists, so they are left to the next sync.
constexpr std::chrono::seconds settling{60};

constexpr BookmarkName stats_bookmark{"date"};

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

class PostmarkSource : public Source {
 public:
  struct Config {
    Day start;
    days lookback, stats_lookback;
  };

  PostmarkSource(std::unique_ptr<Api> api, Config config) : api_(std::move(api)), config_(config) {}

  Result<void> check() override {
    const auto answer = api_->get_object("/deliverystats");
    if (!answer) return Failed(answer.error());
    return {};
  }

  Result<std::vector<const Stream*>> discover() override {
    std::vector<const Stream*> streams;
    for (const auto& activity : activities()) streams.push_back(&activity.stream);
    for (const auto& statistics : postmark::statistics()) streams.push_back(&statistics.stream);
    return streams;
  }

  Result<void> plan(const PlanRequest& request, Slices& slices) override {
    const auto since = parse_since(request.since, eastern());
    if (!since) return with_context("since", since.error());
    const auto until = parse_until(request.until, eastern());
    if (!until) return with_context("until", until.error());
    const auto state = adopt(request.stream, request.state);
    if (!state) return Failed(state.error());
    const auto end = std::min(until->value_or(Time::max()), api_->host().now());
    if (const auto* activity = find_activity(request.stream))
      return plan(*activity, *state, *since, end, slices);
    return plan(*find_statistics(request.stream), *state, *since, end, slices);
  }

  Result<void> read(const Projection& projection, const json::object& slice, Records& records) override {
    if (const auto* activity = find_activity(projection.stream())) {
      const auto part = activity_slice(slice);
      if (!part) return Failed(part.error());
      return read_activity(*api_, *activity, projection, *part, records);
    }
    const auto part = day_slice(slice);
    if (!part) return Failed(part.error());
    return read_days(*api_, *find_statistics(projection.stream()), projection, part->days, records);
  }

  Result<json::object> state(const Stream& stream, json::object state, const json::object& slice) override {
    auto adopted = adopt(stream, std::move(state));
    if (!adopted) return adopted;
    if (find_activity(stream)) {
      const auto part = activity_slice(slice);
      if (!part) return Failed(part.error());
      return advance(*std::move(adopted), activity_bookmark(part->message_stream), part->window);
    }
    const auto part = day_slice(slice);
    if (!part) return Failed(part.error());
    return advance(*std::move(adopted), stats_bookmark, part->days.from, part->next);
  }

 private:
  static const Activity* find_activity(const Stream& stream) {
    const auto& all = activities();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Activity& a) { return &a.stream == &stream; });
    return found == all.end() ? nullptr : &*found;
  }
  static const Statistics* find_statistics(const Stream& stream) {
    const auto& all = postmark::statistics();
    return &*std::find_if(all.begin(), all.end(), [&](const Statistics& s) { return &s.stream == &stream; });
  }

  Result<void> plan(const Activity& activity, const json::object& state, std::optional<Time> since, Time end,
                    Slices& slices) {
    const auto now = api_->host().now();
    const auto message_streams = api_->message_streams();
    if (!message_streams) return Failed(message_streams.error());
    for (const auto& message_stream : *message_streams) {
      const auto bookmark = time_bookmark(state, activity_bookmark(message_stream));
      if (!bookmark) return Failed(bookmark.error());
      const auto checked =
          check_bookmark(*bookmark, now, bookmark->has_value() ? format_time(**bookmark) : "");
      if (!checked) return checked;
      const auto from =
          since ? *since : reading_start(*bookmark, eastern().start_of(config_.start), config_.lookback);
      auto planned =
          plan_activity(*api_, activity, message_stream, {from, std::min(end, now - settling)}, slices);
      if (!planned) return planned;
    }
    return {};
  }

  Result<void> plan(const Statistics& statistics, const json::object& state, std::optional<Time> since,
                    Time end, Slices& slices) {
    const auto today = eastern().day_of(api_->host().now());
    const auto bookmark = day_bookmark(state, stats_bookmark);
    if (!bookmark) return Failed(bookmark.error());
    const auto checked =
        check_bookmark(*bookmark, today, bookmark->has_value() ? format_day(**bookmark) : "");
    if (!checked) return checked;
    const auto from =
        since ? eastern().day_of(*since) : reading_start(*bookmark, config_.start, config_.stats_lookback);
    // The last day is the one that the last moment before the end falls on.
    return plan_days(statistics, {from, eastern().day_of(end - std::chrono::microseconds(1))}, slices);
  }

  std::unique_ptr<Api> api_;
  Config config_;
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
  std::vector<std::string> message_streams;
  for (const auto& id : config.at("message_streams").as_array())
    message_streams.emplace_back(view(id.as_string()));
  auto api = Api::open(host, std::string(view(config.at("base_url").as_string())),
                       view(config.at("postmark_server_token").as_string()), std::move(message_streams));
  if (!api) return Failed(std::move(api).error());
  const PostmarkSource::Config settings{*start, days(config.at("lookback_days").as_int64()),
                                        days(config.at("stats_lookback_days").as_int64())};
  return std::make_unique<PostmarkSource>(*std::move(api), settings);
}

const Connector& connector() {
  static const Connector postmark{
      .name = "postmark",
      .version = TAPSTER_CONNECTOR_VERSION,
      .description = "Sent messages, opens and daily statistics of Postmark, the email service",
      .settings = {{.name = "postmark_server_token",
                    .description = "The server's API token: Postmark, your server, API Tokens.",
                    .required = true,
                    .secret = true,
                    .rules = R"("minLength":1)"},
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
                        "The ids of the message streams to read messages and opens of. Empty for all.",
                    .default_value = "[]",
                    .rules = R"("items":{"type":"string","minLength":1})"},
                   {.name = "lookback_days",
                    .type = Type::integer,
                    .description = "How many days before the bookmark messages and opens are read again, as "
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
                   redact_setting(),
                   redact_key_setting()},
      .open = open};
  return postmark;
}

}  // namespace

}  // namespace postmark

TAPSTER_CONNECTOR(postmark::connector)
