// What became of messages: clicks, bounces and the rest, each of them.
#include <fmt/format.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

class Events : public EndToEnd {
 protected:
  // The rows of a read of these streams that has to go well, each of them once.
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
    auto tables = everything();
    std::erase_if(tables, [&](const auto& table) {
      return std::find(streams.begin(), streams.end(), table.first) == streams.end();
    });
    return tables;
  }
};

// In two days there is one slice, which so holds more than can be reached.
TEST_F(Events, ClicksAndBouncesPastTheLimitAreWhole) {
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

TEST_F(Events, ClicksAreWholeWhereTheListTakesNoNoticeOfDates) {
  start({.messages = 7'000, .days = 40, .opens_per_hundred = 0, .clicks_per_hundred = 200},
        {.clicks_heed_dates = false});
  ASSERT_GT(account_->clicks(0, sandbox::Time::min(), sandbox::Time::max()).size(), 10'000U);
  EXPECT_EQ(difference(expected_of({"messages_clicks"}), rows_of({"messages_clicks"})), "");
}

// The links that a scanner opens at the same time are rows of their own, as is the same link in the other body.
TEST_F(Events, ClicksOfTheSameTimeStayApart) {
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

// Clicks that are equal in all that is their key are one row in a table, and do not stop the reading, on whatever page they come.
TEST_F(Events, ClicksThatAreTheSameAreOneRow) {
  for (const bool heeds_dates : {true, false}) {
    start({.messages = 300, .days = 10, .same_clicks = 1'200}, {.clicks_heed_dates = heeds_dates});
    const auto finished = read({"--select", "messages_clicks"});
    ASSERT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(expected_of({"messages_clicks"}), tables_of_singer(finished.out, doubled)), "");
    EXPECT_GT(doubled, 0U) << "the sandbox has them";
  }
}

TEST_F(Events, BouncesAreReadOfInboundMessageStreamsWhereTheApiAnswersForThem) {
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

}  // namespace
}  // namespace tapster::e2e
