#include "config.hpp"

#include <fmt/format.h>

#include <tapster/bookmark.hpp>

#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

// Reads stats_by and stats_tags.
Result<void> read_stats_by(const json::object& config, Config& read) {
  bool by_tag = false;
  for (const auto& name : config.at("stats_by").as_array())
    (name == "tag" ? by_tag : read.by_message_stream) = true;
  for (const auto& tag : config.at("stats_tags").as_array()) read.tags.emplace_back(view(tag.as_string()));
  if (by_tag && read.tags.empty())
    return config_error(
        R"("stats_by" contains "tag", but "stats_tags" is empty: name the tags to read, because Postmark does not list them)");
  if (!by_tag && !read.tags.empty())
    return config_error(
        R"("stats_tags" is set, but "stats_by" does not contain "tag": add it, or remove "stats_tags")");
  return {};
}

}  // namespace

Result<Config> read_config(const json::object& config, Time now) {
  const auto& zone = find_eastern();
  if (!zone) return Failed(zone.error());
  const auto start_text = view(config.at("start_date").as_string());
  const auto start_time = parse_since(start_text, *zone);
  if (!start_time) return with_context("\"start_date\"", start_time.error());
  if (!*start_time) return config_error("\"start_date\" is empty");
  const auto start = zone->day_of(**start_time);
  if (const auto today = zone->day_of(now); start > today) {
    return config_error(
        fmt::format("\"start_date\" {} is in the future: today is {}", start_text, format_day(today)));
  }
  Config read{start, days(config.at("lookback_days").as_int64()),
              days(config.at("stats_lookback_days").as_int64()),
              days(config.at("events_lookback_days").as_int64())};
  const auto by = read_stats_by(config, read);
  return by ? Result<Config>(std::move(read)) : Failed(by.error());
}

}  // namespace postmark
