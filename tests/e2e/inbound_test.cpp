// Messages received: with every status, of every day, whatever their volume and whatever their senders wrote.
#include <fmt/format.h>

#include <set>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using namespace std::chrono_literals;
using Ambiguous = sandbox::ApiOptions::Ambiguous;

class Inbound : public EndToEnd {
 protected:
  static std::vector<std::string> selected(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--select", "messages_inbound"});
    return more;
  }
  // The rows of a read of the stream, which must succeed and have each row once.
  Tables rows(std::vector<std::string> more = {}) {
    const auto finished = read(selected(std::move(more)));
    EXPECT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    auto tables = tables_of_singer(finished.out, doubled);
    EXPECT_EQ(doubled, 0U);
    return tables;
  }
  [[nodiscard]] Tables expected() const { return streams_of(everything(), "messages_inbound"); }
  // How many of the rows have which status.
  static std::map<std::string, size_t> statuses_of(const Tables& tables) {
    std::map<std::string, size_t> statuses;
    for (const auto& [key, row] : tables.at("messages_inbound"))
      ++statuses[json::value_to<std::string>(row.at("status"))];
    return statuses;
  }
  // The requests for the list since the server began.
  [[nodiscard]] std::vector<std::string> asked() const {
    auto targets = server_->requests();
    std::erase_if(targets, [](const auto& target) { return !target.starts_with("/messages/inbound?"); });
    return targets;
  }
  [[nodiscard]] json::value bookmark() const {
    return json::parse(content(file("state.json"))).at("bookmarks").at("messages_inbound");
  }
};

// Without a filter the API lists only processed messages, and does not say that there are others.
TEST_F(Inbound, EveryStatusIsRead) {
  start({.messages = 4'000, .days = 10, .inbound_per_hundred = 100});
  const auto all = rows();
  EXPECT_EQ(difference(expected(), all), "");
  const auto statuses = statuses_of(all);
  EXPECT_EQ(statuses.size(), 5U);
  EXPECT_GT(statuses.at("Processed"), statuses.at("Blocked") + statuses.at("Failed"));
  for (const auto& [status, count] : statuses) EXPECT_GT(count, 0U) << status;
}

TEST_F(Inbound, TheSendersTimeIsNullIfItIsInvalid) {
  start();
  size_t without_header = 0;
  size_t unreadable = 0;
  const auto all = rows();
  for (const auto& [key, row] : all.at("messages_inbound")) {
    without_header += row.at("sent_header").is_null() ? 1 : 0;
    unreadable += row.at("sent_at").is_null() && !row.at("sent_header").is_null() ? 1 : 0;
  }
  EXPECT_GT(without_header, 10U);
  EXPECT_GT(unreadable, 10U);
}

TEST_F(Inbound, ADayPastTheLimitIsComplete) {
  for (const bool stops : {false, true}) {
    if (sanitized && stops) break;
    start({.messages = 500,
           .days = 40,
           .inbound_burst = stops ? 30'000 : 15'000,
           .inbound_burst_at = at("2026-11-10T05:00:00Z"),
           .inbound_burst_span = 24h},
          {.total_stops_at_limit = stops, .todate_includes_fraction = stops});
    const auto all = expected();
    ASSERT_GT(statuses_of(all).at("Processed"), 10'000U);
    EXPECT_EQ(difference(all, rows()), "") << stops;
  }
}

// The borders of the halves lie in and around the hour, which is read as any of the readings has it.
TEST_F(Inbound, ADayOfAClockChangeIsComplete) {
  for (const auto* change : {"2026-11-01T04:30:00Z", "2027-03-14T05:30:00Z"}) {
    for (const auto reading : {Ambiguous::first, Ambiguous::second, Ambiguous::wall}) {
      const bool has_hour_twice = std::string_view(change).starts_with("2026");
      if ((sanitized || !has_hour_twice) && reading != Ambiguous::first) break;
      now_ = format_time(std::chrono::floor<std::chrono::microseconds>(at(change) + 60h));
      first_day_ = now_.starts_with("2026") ? "2026-10-31" : "2027-03-13";
      start({.messages = 500,
             .days = 5,
             .inbound_burst = 15'000,
             .inbound_burst_at = at(change),
             .inbound_burst_span = 3h},
            {.ambiguous = reading, .todate_includes_fraction = reading == Ambiguous::second});
      const auto all = expected();
      ASSERT_GT(statuses_of(all).at("Processed"), 10'000U);
      EXPECT_EQ(difference(all, rows()), "") << change << static_cast<int>(reading);
    }
  }
}

TEST_F(Inbound, ASecondPastTheLimitIsAnError) {
  start({.messages = 1'000,
         .days = 40,
         .inbound_burst = 20'000,
         .inbound_burst_at = at("2026-11-10T12:34:56Z"),
         .inbound_burst_span = 1s});
  const auto finished = read({"--state-file", file("state.json")});
  EXPECT_EQ(finished.exit, 5);
  for (const auto* said :
       {"messages_inbound: ", "todate=2026-11-10T07:34:56", "more rows than the 10,000 that the API shows"})
    EXPECT_NE(finished.err.find(said), std::string::npos) << finished.err;
  size_t doubled = 0;
  auto others = everything();
  auto actual = tables_of_singer(finished.out, doubled);
  others.erase("messages_inbound");
  actual.erase("messages_inbound");
  EXPECT_EQ(difference(others, actual), "");
  // What came before it is done with.
  EXPECT_EQ(bookmark(), json::parse(R"({"date":"2026-11-10"})"));
}

TEST_F(Inbound, TheNextRunReadsTheLastDayAndTheLookbackAgain) {
  start({.messages = 20'000, .days = 10, .future_days = 3, .opens_per_hundred = 0, .clicks_per_hundred = 0});
  auto all = rows({"--state-file", file("state.json")});
  ASSERT_GT(statuses_of(all).at("Scheduled"), 10U);
  EXPECT_EQ(bookmark(), json::parse(R"({"date":"2026-11-23"})"));
  set_now("2026-11-25T01:00:00Z");
  const auto second = rows({"--state-file", file("state.json")});
  EXPECT_EQ(difference(part_of(expected(), "", "", "2026-11-22", "9999"), second), "");
  // With the statuses that messages have come to since.
  merge(all, second);
  EXPECT_EQ(difference(expected(), all), "");
  EXPECT_EQ(bookmark(), json::parse(R"({"date":"2026-11-24"})"));
}

// Half an hour goes by with each request: messages go from one status to the next between them.
TEST_F(Inbound, AMessageWhoseStatusChangesDuringTheReadIsRead) {
  start({.messages = 4'000, .days = 1, .inbound_per_hundred = 100});
  first_day_ = "2026-11-22";
  configure();
  const auto before = expected();
  server_->on_request([&](const std::string& target) {
    if (target.starts_with("/messages/inbound?")) account_->set_now(account_->now() + 30min);
  });
  const auto finished = read(selected({"--jobs", "1", "--until", "2026-11-23"}));
  serve();
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  const auto actual = tables_of_singer(finished.out, doubled);
  EXPECT_EQ(difference(without_status(before), without_status(actual)), "");
  EXPECT_GT(doubled, 0U) << "with both statuses";
  // The later status is the last.
  const auto after = expected();
  for (const auto& [key, row] : actual.at("messages_inbound")) {
    const auto& then = before.at("messages_inbound").at(key).at("status");
    EXPECT_TRUE(row.at("status") != "Queued" || then == "Queued") << key;
  }
  EXPECT_GT(statuses_of(actual).at("Processed"), statuses_of(before).at("Processed"));
}

// Between two pages the newest messages change their status, so older ones move to the page that was read
// before.
TEST_F(Inbound, RowsRemovedDuringTheReadHideNoRow) {
  first_day_ = "2026-11-23";
  start({.messages = 100,
         .days = 1,
         .inbound_burst = 6'000,
         .inbound_burst_at = at("2026-11-23T17:11:05Z"),
         .inbound_burst_span = 50s});
  const auto before = expected();
  server_->on_request([&](const std::string& target) {
    if (target.starts_with("/messages/inbound?status=queued") && target.ends_with("&offset=500"))
      account_->set_now(at(now_) + 2min);
  });
  const auto finished = read(selected({"--jobs", "1"}));
  serve();
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  const auto actual = tables_of_singer(finished.out, doubled);
  EXPECT_EQ(difference(without_status(before), without_status(actual)), "");
  EXPECT_GT(statuses_of(actual).at("Queued"), 500U) << "they stay for two hours";
}

TEST_F(Inbound, IsReadWhicheverMessageStreamsAreConfigured) {
  start();
  configure(R"(,"message_streams":["broadcast"])");
  EXPECT_EQ(difference(expected(), rows()), "");
}

TEST_F(Inbound, WithoutMessagesASyncCostsTwoRequestsPerStatus) {
  start({.messages = 200, .days = 40, .inbound_per_hundred = 0});
  EXPECT_EQ(rows(), Tables());
  EXPECT_EQ(asked().size(), 10U) << "to plan one slice, and to read it";
}

// Nothing is expected of the time before the longest that Postmark keeps messages, but if something is there
// it is read.
TEST_F(Inbound, AnOldStartDateAddsOneSlice) {
  first_day_ = "2020-01-01";
  start({.messages = 500, .days = 400, .retention_days = 500});
  const auto plan = lines_of(
      run({"plan", "postmark", "--config", file("config.json"), "--select", "messages_inbound"}).out);
  EXPECT_EQ(plan.size(), 1U + 53U);
  EXPECT_NE(plan.at(0).find(R"("from":"2020-01-01","to":"2025-11-21","next":"2025-11-22")"),
            std::string::npos)
      << plan.at(0);
  const auto all = expected();
  EXPECT_FALSE(part_of(all, "", "", "", "2025-11-21").empty());
  EXPECT_EQ(difference(all, rows()), "");
}

}  // namespace
}  // namespace tapster::e2e
