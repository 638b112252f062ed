// What became of messages: clicks, bounces and the rest, each of them.
#include <fmt/format.h>

#include <set>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

class Events : public EndToEnd {
 protected:
  // The rows of a read of these streams, which must succeed and have each row once.
  Tables rows_of(const std::vector<std::string>& streams, std::vector<std::string> more = {}) {
    for (const auto& stream : streams) more.insert(more.end(), {"--select", stream});
    const auto finished = read(more);
    EXPECT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    auto tables = tables_of_singer(finished.out, doubled);
    EXPECT_EQ(doubled, 0U);
    return tables;
  }
  [[nodiscard]] Tables expected_of(const std::vector<std::string>& streams) const {
    return only(everything(), streams);
  }
};

// Two days are one slice, which has more rows than the API shows.
TEST_F(Events, ClicksAndBouncesPastTheLimitAreComplete) {
  const std::vector<std::string> streams{"messages_clicks", "bounces"};
  first_day_ = "2026-11-22";
  start({.messages = 14'000,
         .days = 1,
         .opens_per_hundred = 0,
         .clicks_per_hundred = 100,
         .bounces_per_hundred = 100});
  ASSERT_GT(account_->clicks(0, sandbox::Time::min(), sandbox::Time::max()).size(), 10'000U);
  ASSERT_GT(account_->bounces(0, sandbox::Time::min(), sandbox::Time::max()).size(), 10'000U);
  EXPECT_EQ(difference(expected_of(streams), rows_of(streams)), "");
}

TEST_F(Events, ClicksAreCompleteIfTheListIgnoresDates) {
  start({.messages = 7'000, .days = 40, .opens_per_hundred = 0, .clicks_per_hundred = 200},
        {.clicks_dates = sandbox::ApiOptions::Dates::ignored});
  ASSERT_GT(account_->clicks(0, sandbox::Time::min(), sandbox::Time::max()).size(), 10'000U);
  EXPECT_EQ(difference(expected_of({"messages_clicks"}), rows_of({"messages_clicks"})), "");
}

// The links that a scanner opens at the same time are rows of their own, as is the same link in the other
// body.
TEST_F(Events, ClicksOfTheSameTimeAreSeparateRows) {
  start({.messages = 2'000, .days = 40});
  const auto all = rows_of({"messages_clicks"});
  std::map<std::string, std::set<std::string>> locations;  // by message, time and link
  for (const auto& [key, row] : all.at("messages_clicks")) {
    locations[json::serialize(row.at("message_id")) + json::serialize(row.at("received_at")) +
              json::serialize(row.at("original_link"))]
        .insert(json::serialize(row.at("click_location")));
  }
  EXPECT_GT(
      std::count_if(locations.begin(), locations.end(), [](const auto& l) { return l.second.size() == 2; }),
      5);
}

// Clicks that are equal in all that is their key are one row in a table, and do not stop the reading, on
// whatever page they come.
TEST_F(Events, ClicksThatAreIdenticalAreOneRow) {
  using Dates = sandbox::ApiOptions::Dates;
  for (const auto dates : {Dates::own, Dates::of_message, Dates::ignored}) {
    start({.messages = 300, .days = 10, .same_clicks = 1'200}, {.clicks_dates = dates});
    const auto finished = read({"--select", "messages_clicks"});
    ASSERT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(expected_of({"messages_clicks"}), tables_of_singer(finished.out, doubled)), "");
    EXPECT_GT(doubled, 0U) << "the sandbox has them";
  }
}

TEST_F(Events, BouncesOfInboundMessageStreamsAreReadIfTheApiHasThem) {
  for (const bool knows_inbound : {true, false}) {
    start({.messages = 200, .days = 10, .bounces_per_hundred = 50}, {.bounces_know_inbound = knows_inbound});
    EXPECT_EQ(difference(expected_of({"bounces"}), rows_of({"bounces"})), "");
    const auto& asked = server_->requests();
    EXPECT_GT(std::count_if(asked.begin(), asked.end(),
                            [](const auto& target) {
                              return target.find("messagestream=inbound") != std::string::npos;
                            }),
              0);
  }
}

class Details : public Events {
 protected:
  [[nodiscard]] Tables expected_of_details(const std::string& stream) const {
    auto tables = expected_details(*account_, first_day_, at(now_) - std::chrono::minutes(1));
    std::erase_if(tables, [&](const auto& table) { return table.first != stream; });
    return tables;
  }
};

TEST_F(Details, EveryMessageEventIsARow) {
  start({.messages = 700,
         .days = 20,
         .opens_per_hundred = 120,
         .clicks_per_hundred = 40,
         .bounces_per_hundred = 30});
  const auto expected = expected_of_details("message_events");
  std::map<std::string, int> types;
  int twins = 0;
  for (const auto& [key, row] : expected.at("message_events")) {
    ++types[json::value_to<std::string>(row.at("type"))];
    twins += row.at("twin") == 0 ? 0 : 1;
  }
  EXPECT_EQ(types.size(), 6U);
  EXPECT_GT(twins, 10);
  EXPECT_EQ(difference(expected, rows_of({"message_events"})), "");
  // About 200 requests a slice, so that many are made at once.
  EXPECT_GT(
      lines_of(run({"plan", "postmark", "--config", file("config.json"), "--select", "message_events"}).out)
          .size(),
      4U);
}

TEST_F(Details, EveryMessageBodyIsARow) {
  start({.messages = 300, .days = 20});
  EXPECT_EQ(
      difference(expected_of_details("messages_outbound_details"), rows_of({"messages_outbound_details"})),
      "");
}

TEST_F(Details, EveryReceivedMessageAndEveryBounceHasItsDetails) {
  start({.messages = 1'000, .days = 20, .bounces_per_hundred = 30});
  for (const auto* stream : {"messages_inbound_details", "bounce_dumps"}) {
    const auto expected = expected_of_details(stream);
    EXPECT_GT(expected.at(stream).size(), 150U);
    EXPECT_EQ(difference(expected, rows_of({stream})), "") << stream;
  }
}

// As long as the lookback reaches, which here is three days, and what follows a message takes two.
TEST_F(Details, LaterEventsAreReadByTheNextRun) {
  start({.messages = 400, .days = 6, .future_days = 4, .opens_per_hundred = 90, .clicks_per_hundred = 30});
  Tables all;
  for (const auto* now : {"2026-11-23T17:12:00Z", "2026-11-24T17:12:00Z", "2026-11-26T01:00:00Z"}) {
    set_now(now);
    merge(all, rows_of({"message_events"}, {"--state-file", file("state.json")}));
    EXPECT_EQ(difference(expected_of_details("message_events"), all), "") << now;
  }
}

// A message may be deleted after it was listed.
TEST_F(Details, ADeletedMessageIsLoggedAndSkipped) {
  start({.messages = 60, .days = 10});
  for (const auto* stream : {"message_events", "messages_outbound_details"}) {
    auto expected = expected_of_details(stream);
    auto& rows = expected.at(stream);
    const auto id = json::value_to<std::string>(rows.begin()->second.at("message_id"));
    std::erase_if(rows, [&](const auto& row) { return row.second.at("message_id").as_string() == id; });
    server_->clear_faults();
    server_->inject(sandbox::parse_fault("/messages/outbound/" + id + "/details:status=404:code=701"));
    const auto finished = read({"--select", stream});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    EXPECT_NE(finished.err.find("message " + id + " skipped"), std::string::npos) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
  }
}

// Any other refusal fails the stream, even a 404 that is not the API's.
TEST_F(Details, ARefusedRequestFailsTheStream) {
  start({.messages = 60, .days = 10});
  for (const std::string fault : {"status=422", "status=404", "html:status=404"}) {
    server_->clear_faults();
    server_->inject(sandbox::parse_fault("/messages/outbound/:" + fault));
    const auto finished = read({"--select", "message_events", "--select", "messages_outbound"});
    EXPECT_EQ(finished.exit, 5);
    EXPECT_NE(finished.err.find("HTTP 4"), std::string::npos) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(expected_of({"messages_outbound"}), tables_of_singer(finished.out, doubled)), "");
  }
}

TEST_F(Details, ADeletedBounceHasNoDumpAndADeletedReceivedMessageIsSkipped) {
  start({.messages = 200, .days = 10, .bounces_per_hundred = 30});
  auto dumps = expected_of_details("bounce_dumps");
  auto& bounce = dumps.at("bounce_dumps").begin()->second;
  bounce["body"] = nullptr;
  server_->inject(
      sandbox::parse_fault(fmt::format("/bounces/{}/dump:status=422:code=407", bounce.at("id").as_int64())));
  EXPECT_EQ(difference(dumps, rows_of({"bounce_dumps"})), "");

  auto messages = expected_of_details("messages_inbound_details");
  auto& rows = messages.at("messages_inbound_details");
  const auto id = json::value_to<std::string>(rows.begin()->second.at("message_id"));
  rows.erase(rows.begin());
  server_->inject(sandbox::parse_fault("/messages/inbound/" + id + "/details:status=404:code=701"));
  EXPECT_EQ(difference(messages, rows_of({"messages_inbound_details"})), "");
}

TEST_F(Details, AreNotSelectedByDefault) {
  start({.messages = 60, .days = 10});
  ASSERT_EQ(read().exit, 0);
  for (const auto& target : server_->requests())
    for (const auto* path : {"/details", "/bounces/", "/templates/", "/readtimes"})
      EXPECT_EQ(target.find(path), std::string::npos) << target;
}

}  // namespace
}  // namespace tapster::e2e
