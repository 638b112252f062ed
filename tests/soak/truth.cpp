#include "truth.hpp"

#include <fmt/format.h>

#include <tapster/time.hpp>

namespace tapster::soak {

using e2e::Rows;
using e2e::Tables;
namespace json = boost::json;

namespace {

using Bookmarks = std::map<std::string, std::string>;

std::string text_of(const json::value& value) {
  return json::value_to<std::string>(value);
}

// The time as in records, so that text sorts by time. A day is unchanged.
std::string sortable(const std::string& text) {
  const auto time = parse_time(text);
  if (!time) return text;
  std::string sorted;
  append_time(sorted, std::chrono::floor<std::chrono::microseconds>(*time));
  return sorted;
}

std::string days_before(const std::string& text, int days) {
  if (const auto day = parse_day(text)) return format_day(*day - std::chrono::days(days));
  std::string before;
  append_time(before,
              std::chrono::floor<std::chrono::microseconds>(*parse_time(text)) - std::chrono::days(days));
  return before;
}

// By "stream" or "stream/message stream".
Bookmarks bookmarks_of(const State& state) {
  Bookmarks bookmarks;
  const auto* streams = state.if_contains("bookmarks");
  if (!streams) return bookmarks;
  for (const auto& [stream, bookmark] : streams->as_object()) {
    for (const auto& [member, value] : bookmark.as_object()) {
      if (value.is_string()) bookmarks[stream] = sortable(text_of(value));
      if (!value.is_object()) continue;
      for (const auto& [part, of_part] : value.as_object())
        bookmarks[fmt::format("{}/{}", std::string_view(stream), std::string_view(part))] =
            sortable(text_of(of_part));
    }
  }
  return bookmarks;
}

const std::string* bookmark_of(const Bookmarks& bookmarks, const std::string& stream,
                               const json::object& row) {
  auto found = bookmarks.end();
  if (const auto* part = row.if_contains("message_stream"))
    found = bookmarks.find(fmt::format("{}/{}", stream, text_of(*part)));
  if (found == bookmarks.end()) found = bookmarks.find(stream);
  return found == bookmarks.end() ? nullptr : &found->second;
}

std::string time_of(const json::object& row) {
  for (const auto* column : {"received_at", "bounced_at"}) {
    if (const auto* time = row.if_contains(column)) return text_of(*time);
  }
  return text_of(row.at("date"));
}

const json::object* find(const Tables& tables, const std::string& stream, const std::string& key) {
  const auto table = tables.find(stream);
  if (table == tables.end()) return nullptr;
  const auto row = table->second.find(key);
  return row == table->second.end() ? nullptr : &row->second;
}

}  // namespace

bool has_time(const json::object& row) {
  return row.contains("received_at") || row.contains("bounced_at");
}

std::string bookmarks_that_went_back(const State& before, const State& after) {
  std::string wrong;
  const auto now = bookmarks_of(after);
  for (const auto& [name, bookmark] : bookmarks_of(before)) {
    const auto found = now.find(name);
    if (found == now.end() || found->second < bookmark) {
      wrong += fmt::format("the bookmark of {} was {} and is {}\n", name, bookmark,
                           found == now.end() ? "gone" : found->second);
    }
  }
  return wrong;
}

std::string covered_and_missing(const State& state, const Tables& expected, const Tables& rows) {
  const auto bookmarks = bookmarks_of(state);
  Tables covered;
  Tables found;
  for (const auto& [stream, table] : expected) {
    for (const auto& [key, row] : table) {
      const auto* bookmark = bookmark_of(bookmarks, stream, row);
      if (!bookmark || time_of(row) >= *bookmark) continue;
      covered[stream].emplace(key, row);
      if (const auto* there = find(rows, stream, key)) found[stream].emplace(key, *there);
    }
  }
  const auto wrong = e2e::difference(e2e::without_status(covered), e2e::without_status(found));
  return wrong.empty() ? wrong : "the state covers rows that were not written:\n" + wrong;
}

std::string made_up(const Tables& expected, const Tables& rows) {
  for (const auto& [stream, table] : rows) {
    for (const auto& [key, row] : table) {
      if (!find(expected, stream, key))
        return fmt::format("{} has a row that the sandbox does not have:\n{}\n", stream,
                           json::serialize(row));
    }
  }
  return {};
}

size_t count_to_read(const State& state, const Tables& expected, Lookback lookback) {
  const auto bookmarks = bookmarks_of(state);
  size_t count = 0;
  for (const auto& [stream, table] : expected) {
    for (const auto& [key, row] : table) {
      const auto* bookmark = bookmark_of(bookmarks, stream, row);
      const auto days = stream.starts_with("stats_") ? lookback.stats_days : lookback.days;
      count += !bookmark || time_of(row) >= days_before(*bookmark, days) ? 1 : 0;
    }
  }
  return count;
}

}  // namespace tapster::soak
