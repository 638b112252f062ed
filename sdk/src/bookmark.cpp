#include <fmt/format.h>

#include <tapster/bookmark.hpp>

namespace tapster {

namespace {

Failed malformed(std::string_view member, const json::value& value, std::string_view expected) {
  return state_error(fmt::format("{} must be {}, not {}: correct it, or remove it to read from the start",
                                 member, expected, json::serialize(value)));
}

// The bookmark of the part if there is one, otherwise that of the whole stream; null if there is neither.
struct Found {
  std::string member;
  const json::value* value = nullptr;
};

Result<Found> find(const json::object& state, BookmarkName name) {
  if (!name.parts.empty()) {
    if (const auto* parts = state.if_contains(name.parts)) {
      if (!parts->is_object()) return malformed(name.parts, *parts, "an object of bookmarks");
      if (const auto* value = parts->as_object().if_contains(name.part)) {
        return Found{fmt::format("{}.{}", name.parts, name.part), value};
      }
    }
  }
  return Found{std::string(name.replication_key), state.if_contains(name.replication_key)};
}

// Whether the text is a day outside the range of FineTime.
bool is_out_of_reach(std::string_view text) {
  return parse_day(text) && !parse_time(fmt::format("{}T00:00:00Z", text));
}

std::optional<Time> to_time(std::string_view text) {
  const auto time = parse_time(text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::microseconds>(*time);
}

std::optional<Day> to_day(std::string_view text) {
  return is_out_of_reach(text) ? std::nullopt : parse_day(text);
}

template <class T>
Result<std::optional<T>> bookmark(const json::object& state, BookmarkName name,
                                  std::optional<T> (*parse)(std::string_view), std::string_view expected) {
  auto found = find(state, name);
  if (!found) return Failed(std::move(found).error());
  if (!found->value) return std::optional<T>();
  const auto* text = found->value->if_string();
  const auto parsed = text ? parse(view(*text)) : std::nullopt;
  if (!parsed) return malformed(found->member, *found->value, expected);
  return parsed;
}

// Whether a window from `from` on advances the bookmark to `read_to`: it must not leave a gap after the old
// bookmark, or must span the start if there is none.
template <class T>
bool moves(const std::optional<T>& bookmark, const T& start, const T& from, const T& read_to) {
  return bookmark ? from <= *bookmark && read_to > *bookmark : from <= start && read_to >= start;
}

Result<std::optional<Time>> parse_bound(std::string_view text, const Zone& zone, std::chrono::days added) {
  if (text.empty()) return std::optional<Time>();
  if (is_out_of_reach(text.substr(0, 10)))
    return config_error(fmt::format("\"{}\": the year must be between 1678 and 2261", text));
  if (const auto day = parse_day(text)) return zone.start_of(*day + added);
  if (const auto time = to_time(text)) return time;
  return config_error(fmt::format(
      "\"{}\" is neither a day such as 2026-11-01 nor a time such as 2026-11-01T12:00:00Z", text));
}

}  // namespace

Result<std::optional<Time>> parse_since(std::string_view text, const Zone& zone) {
  return parse_bound(text, zone, std::chrono::days(0));
}

Result<std::optional<Time>> parse_until(std::string_view text, const Zone& zone) {
  return parse_bound(text, zone, std::chrono::days(1));
}

Result<std::optional<Time>> time_bookmark(const json::object& state, BookmarkName name) {
  return bookmark<Time>(state, name, to_time, "a time such as \"2026-11-01T05:00:00Z\"");
}

Result<std::optional<Day>> day_bookmark(const json::object& state, BookmarkName name) {
  return bookmark<Day>(state, name, to_day, "a day such as \"2026-11-01\"");
}

Result<const json::value*> value_bookmark(const json::object& state, BookmarkName name) {
  auto found = find(state, name);
  if (!found) return Failed(std::move(found).error());
  return found->value;
}

json::object store_bookmark(json::object state, BookmarkName name, json::value bookmark) {
  if (name.parts.empty()) {
    state[name.replication_key] = std::move(bookmark);
  } else {
    auto& parts = state[name.parts];
    if (!parts.is_object()) parts.emplace_object();
    parts.as_object()[name.part] = std::move(bookmark);
  }
  return state;
}

Result<json::object> advance(json::object state, BookmarkName name, Time start, Window read) {
  const auto old = time_bookmark(state, name);
  if (!old) return Failed(old.error());
  if (!moves(*old, start, read.from, read.to)) return state;
  return store_bookmark(std::move(state), name, json::string(format_time(read.to)));
}

Result<json::object> advance(json::object state, BookmarkName name, Day start, Day from, Day next) {
  const auto old = day_bookmark(state, name);
  if (!old) return Failed(old.error());
  if (!moves(*old, start, from, next)) return state;
  return store_bookmark(std::move(state), name, json::string(format_day(next)));
}

}  // namespace tapster
