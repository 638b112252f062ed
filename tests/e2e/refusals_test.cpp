// What the API may refuse to return, although it exists: archived message streams, and old statistics.
#include <fmt/format.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

class Refusals : public EndToEnd {
 protected:
  static size_t count(std::string_view text, std::string_view what) {
    size_t found = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size()))
      ++found;
    return found;
  }

  // A read that must succeed, with each row once.
  Tables rows_of(std::vector<std::string> more) {
    const auto finished = read(std::move(more));
    EXPECT_EQ(finished.exit, 0) << finished.err;
    err_ = finished.err;
    size_t doubled = 0;
    auto tables = tables_of_singer(finished.out, doubled);
    EXPECT_EQ(doubled, 0U);
    return tables;
  }

  std::string err_;  // of the last read
};

// The rows that do not belong to this message stream.
Tables without(Tables tables, std::string_view message_stream) {
  for (auto& [stream, rows] : tables) {
    if (stream == "message_streams") continue;
    std::erase_if(rows, [&](const auto& row) {
      const auto* id = row.second.if_contains("message_stream");
      return id && id->is_string() && id->as_string() == message_stream;
    });
  }
  return tables;
}

TEST_F(Refusals, AnArchivedMessageStreamIsSkippedAndReadOnceTheApiReturnsIt) {
  const sandbox::AccountOptions account{.messages = 1'000, .days = 30, .bounces_per_hundred = 20};
  const std::vector<std::string> arguments{"--state-file", file("state.json")};
  more_ = R"(,"stats_by":["message_stream"])";
  start(account, {.refuses_archived = true});
  auto all = everything();
  merge(all, expected_by_message_stream(*account_, first_day_, {"outbound", "broadcast", "old-news"}));
  const auto rest = without(all, "old-news");
  EXPECT_LT(rest.at("suppressions").size(), all.at("suppressions").size());
  EXPECT_EQ(difference(rest, rows_of(arguments)), "");
  EXPECT_EQ(count(err_, "message stream old-news skipped: it is archived"), 1U) << err_;
  const auto bookmarks = json::parse(content(file("state.json"))).at("bookmarks");
  for (const auto* stream :
       {"messages_outbound", "messages_opens", "stats_outbound_sends_by_message_stream"}) {
    const auto& parts = bookmarks.at(stream).at("message_streams").as_object();
    EXPECT_TRUE(parts.contains("broadcast")) << stream;
    EXPECT_FALSE(parts.contains("old-news")) << stream;
  }

  start(account);
  auto read = rest;
  merge(read, rows_of(arguments));
  EXPECT_EQ(difference(all, read), "");
}

TEST_F(Refusals, OldStatisticsAreReadFromTheOldestDayThatTheApiReturns) {
  first_day_ = "2021-01-01";
  more_ = R"(,"stats_by":["message_stream"])";
  const std::vector<std::string> arguments{"--select", "stats_*", "--state-file", file("state.json")};
  start({.messages = 500, .days = 500}, {.statistics_days = 365});
  constexpr auto oldest = "2025-11-23";
  auto expected = expected_statistics(*account_, oldest);
  merge(expected, expected_by_message_stream(*account_, oldest, {"outbound", "broadcast", "old-news"}));
  merge(expected, expected_read_times(*account_, oldest));
  EXPECT_EQ(difference(expected, rows_of(arguments)), "");
  EXPECT_EQ(count(err_, "statistics before 2025-11-23 skipped"), 1U) << err_;
  EXPECT_LT(count(fmt::format("{}", fmt::join(server_->requests(), "\n")), "fromdate=202"), 1'600U);

  set_now("2026-11-24T17:12:00Z");
  rows_of(arguments);
  EXPECT_EQ(count(err_, "statistics before"), 0U) << err_;
}

}  // namespace
}  // namespace tapster::e2e
