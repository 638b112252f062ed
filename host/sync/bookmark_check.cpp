#include "sync/bookmark_check.hpp"

#include <fmt/format.h>

#include <optional>
#include <tapster/json.hpp>

namespace tapster::host {

namespace {

constexpr auto margin = std::chrono::hours(48);

// A time, or the beginning of a day.
std::optional<FineTime> time_of(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  if (const auto time = parse_time(view(value.get_string()))) return time;
  const auto day = parse_day(view(value.get_string()));
  // A time of 64 bits in nanoseconds ends in 2262.
  if (!day || *day < Day(std::chrono::days(-100'000)) || *day > Day(std::chrono::days(100'000)))
    return std::nullopt;
  return FineTime(day->time_since_epoch());
}

bool is_less(const json::value& one, const json::value& other) {
  if (one.is_int64() && other.is_int64()) return one.get_int64() < other.get_int64();
  return one.to_number<double>() < other.to_number<double>();
}

std::string flaw(const json::value& before, const json::value& after, const std::string& path, Time now) {
  if (before == after) return {};
  if (const auto* members = after.if_object()) {
    for (const auto& [name, value] : *members) {
      const auto* old = before.is_object() ? before.get_object().if_contains(name) : nullptr;
      auto found = flaw(old ? *old : json::value(), value,
                        path + (path.empty() ? "" : ".") + std::string(std::string_view(name)), now);
      if (!found.empty()) return found;
    }
    return {};
  }
  const auto time = time_of(after);
  const auto old_time = time_of(before);
  const bool is_back = time && old_time ? *time < *old_time
                                        : before.is_number() && after.is_number() && is_less(after, before);
  if (is_back) {
    return fmt::format("moves the bookmark back: {} from {} to {}", path, json::serialize(before),
                       json::serialize(after));
  }
  if (time && *time > now + margin)
    return fmt::format("puts the bookmark ahead of the clock: {} is {}", path, json::serialize(after));
  return {};
}

}  // namespace

std::string bookmark_flaw(std::string_view before, std::string_view after, Time now) {
  if (before == after) return {};
  const auto old = before.empty() ? json::value() : parse_json(before, "the bookmark").value();
  return flaw(old, parse_json(after, "the bookmark").value(), {}, now);
}

Result<std::string> next_bookmark(Source& source, std::string_view stream, std::string_view bookmark,
                                  std::string_view slice, Time now) {
  auto next = source.state(stream, bookmark, slice);
  if (!next) return next;
  const auto flaw = bookmark_flaw(bookmark, *next, now);
  if (flaw.empty()) return next;
  return breach(source.connector_name(), fmt::format("state of the stream {} {}", stream, flaw));
}

}  // namespace tapster::host
