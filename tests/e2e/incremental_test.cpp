// Run after run: what is new comes, what may have changed comes again, and nothing is lost in between.
#include <fmt/format.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view no_lookback = R"(,"lookback_days":0,"stats_lookback_days":0)";

class Incremental : public EndToEnd {
 protected:
  // The rows of a read that must succeed. No row may be in it twice.
  Tables rows(std::vector<std::string> more) {
    const auto finished = read(std::move(more));
    EXPECT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    auto tables = tables_of_singer(finished.out, doubled);
    EXPECT_EQ(doubled, 0U);
    return tables;
  }
  Tables next_rows() { return rows({"--state-file", file("state.json")}); }
};

TEST_F(Incremental, TheNextRunReadsNewRowsAndTheLastDayAgain) {
  start({.messages = 3'000, .days = 40, .future_days = 3});
  auto all = next_rows();
  EXPECT_EQ(difference(everything(), all), "");
  set_now("2026-11-24T19:30:00Z");
  const auto second = next_rows();
  auto expected = part_of(everything(), "2026-11-22T17:11:00Z", "9999", "2026-11-20", "9999");
  expected["messages_inbound"] = part_of(everything(), "", "", "2026-11-22", "9999")["messages_inbound"];
  EXPECT_EQ(difference(expected, second), "");
  merge(all, second);
  EXPECT_EQ(difference(everything(), all), "");
}

TEST_F(Incremental, WithoutLookbackOnlyNewRowsAreRead) {
  start({.messages = 3'000, .days = 40, .future_days = 3});
  configure(no_lookback);
  next_rows();
  set_now("2026-11-24T19:30:00Z");
  EXPECT_EQ(
      difference(part_of(everything(), "2026-11-23T17:11:00Z", "9999", "2026-11-23", "9999"), next_rows()),
      "");
}

TEST_F(Incremental, ARunWithNothingNewReadsOnlyTheLookback) {
  start({.messages = 2'000, .days = 40});
  configure(no_lookback);
  next_rows();
  EXPECT_EQ(difference(part_of(everything(), "9999", "9999", "2026-11-23", "9999"), next_rows()), "");
}

TEST_F(Incremental, AStatusChangeWithinTheLookbackIsRead) {
  start({.messages = 4'000, .days = 1, .future_days = 1});
  auto all = next_rows();
  const auto is_young = [](const auto& row) { return row.second.at("status") != "Sent"; };
  const auto& messages = all.at("messages_outbound");
  ASSERT_GT(std::count_if(messages.begin(), messages.end(), is_young), 3);
  set_now("2026-11-23T18:12:00Z");
  merge(all, next_rows());
  EXPECT_EQ(difference(everything(), all), "");
}

// Events come for days after their message was sent, which is what their dates may mean.
TEST_F(Incremental, EventsOfOldMessagesAreReadWhateverTheDateFilterMeans) {
  using Dates = sandbox::ApiOptions::Dates;
  for (const auto dates : {Dates::own, Dates::of_message, Dates::ignored}) {
    if (sanitized && dates != Dates::of_message) continue;
    now_ = now_text;
    more_ = no_lookback;
    std::filesystem::remove(file("state.json"));
    start({.messages = 2'000,
           .days = 10,
           .future_days = 3,
           .opens_per_hundred = 250,
           .clicks_per_hundred = 120},
          {.opens_dates = dates, .clicks_dates = dates});
    const auto next = [&] {
      return rows(
          {"--state-file", file("state.json"), "--select", "messages_opens", "--select", "messages_clicks"});
    };
    auto all = next();
    for (int i = 0; i < 6; ++i) {
      set_now(account_->now() + 11h);
      const auto later = next();
      EXPECT_GT(later.at("messages_opens").size(), 100U);
      merge(all, later);
    }
    const auto expected = only(everything(), {"messages_opens", "messages_clicks"});
    EXPECT_EQ(difference(expected, all), "") << static_cast<int>(dates);
  }
}

// Asked for by its own time, an event of the hour that autumn repeats comes with those of two hours, and so
// does its message.
TEST_F(Incremental, EventsOfOldMessagesAreReadInTheRepeatedHour) {
  now_ = "2026-11-01T03:00:00Z";
  more_ = no_lookback;
  start({.messages = 3'000, .days = 4, .future_days = 1, .opens_per_hundred = 250},
        {.opens_dates = sandbox::ApiOptions::Dates::of_message});
  const auto next = [&] { return rows({"--state-file", file("state.json"), "--select", "messages_opens"}); };
  auto all = next();
  for (int i = 0; i < 10; ++i) {
    set_now(account_->now() + 29min);
    merge(all, next());
  }
  EXPECT_EQ(difference(streams_of(everything(), "messages_opens"), all), "");
}

TEST_F(Incremental, TheLogSaysWhatTheDateFilterOfEventsMeans) {
  using Dates = sandbox::ApiOptions::Dates;
  const std::string is_about = "date filters use another time than that of the rows";
  const std::string ignores = "the API ignores date filters";
  for (const auto dates : {Dates::own, Dates::of_message, Dates::ignored}) {
    // More than a page of opens in each message stream.
    start({.messages = 3'000, .days = 10, .opens_per_hundred = 250}, {.opens_dates = dates});
    const auto finished = read({"--select", "messages_opens"});
    ASSERT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(finished.err.find(is_about) != std::string::npos, dates == Dates::of_message) << finished.err;
    EXPECT_EQ(finished.err.find(ignores) != std::string::npos, dates == Dates::ignored) << finished.err;
  }
}

// Through an Eastern midnight and the change of the clock, with the bookmark in the repeated or skipped hour.
TEST_F(Incremental, ManyRunsTogetherReadEverything) {
  for (const auto* begin : {"2026-10-31T22:12:00Z", "2027-03-14T00:12:00Z"}) {
    for (const auto lookback : {std::string_view(), no_lookback}) {
      if (sanitized && lookback.empty()) continue;
      now_ = begin;
      more_ = lookback;
      std::filesystem::remove(file("state.json"));
      start({.messages = 2'500, .days = 8, .future_days = 2});
      auto all = next_rows();
      for (int i = 0; i < 15; ++i) {
        set_now(account_->now() + 61min);
        merge(all, next_rows());
      }
      const auto expected = everything();
      ASSERT_GT(expected.at("messages_outbound").size(), 1'500U);
      // What is not read again keeps the status that it had.
      EXPECT_EQ(lookback.empty() ? difference(expected, all)
                                 : difference(without_status(expected), without_status(all)),
                "")
          << begin << lookback;
    }
  }
}

// Resuming from any STATE of a run gives what was not written before it.
TEST_F(Incremental, EveryCheckpointCoversOnlyWrittenRows) {
  start({.messages = sanitized ? 2'000 : 9'000, .days = 40, .opens_per_hundred = 20});
  configure(no_lookback);
  const auto finished = read({"--commit-interval", "0"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  const auto expected = everything();
  Tables before;
  size_t states = 0;
  std::string records;
  for (const auto& line : lines_of(finished.out)) {
    if (!line.starts_with(R"({"type":"STATE")")) {
      records += line + "\n";
      continue;
    }
    ++states;
    size_t doubled = 0;
    merge(before, tables_of_singer(records, doubled));
    records.clear();
    write_file(file("state.json"), json::serialize(json::parse(line).at("value")));
    if (sanitized && states % 4 != 1) continue;
    auto all = before;
    merge(all, rows({"--state", file("state.json")}));
    ASSERT_EQ(difference(expected, all), "") << line;
  }
  EXPECT_EQ(records, "");
  EXPECT_GT(states, 5U);  // each stream has at least one
}

TEST_F(Incremental, AStateOfTapPostmarkContinuesTwoDaysEarlier) {
  start({.messages = 3'000, .days = 40});
  configure(no_lookback);
  const std::string state =
      R"({"bookmarks":{"messages_outbound":{"start_date":"2026-11-10"},"stats_outbound_overview":{"start_date":"2026-11-10"}}})";
  write_file(file("state.json"), state);
  const auto actual = rows({"--state", file("state.json"), "--select", "messages_outbound", "--select",
                            "stats_outbound_overview"});
  // It read the default message stream and no other: of the others nothing has been read yet.
  auto expected = everything();
  std::erase_if(expected["messages_outbound"], [](const auto& row) {
    return row.second.at("message_stream") == "outbound" &&
           row.second.at("received_at").as_string() < "2026-11-08T05:00:00";
  });
  expected = {{"messages_outbound", expected["messages_outbound"]},
              {"stats_outbound_overview",
               part_of(expected, "", "", "2026-11-08", "9999")["stats_outbound_overview"]}};
  EXPECT_EQ(difference(expected, actual), "");
  EXPECT_EQ(content(file("state.json")), state);
}

TEST_F(Incremental, AnImportedStateAdvancesLikeOurs) {
  start({.messages = 3'000, .days = 40, .future_days = 2});
  configure(no_lookback);
  write_file(file("state.json"), R"({"bookmarks":{"messages_outbound":{"start_date":"2026-11-10"}}})");
  next_rows();
  set_now("2026-11-24T10:00:00Z");
  EXPECT_EQ(
      difference(part_of(everything(), "2026-11-23T17:11:00Z", "9999", "2026-11-23", "9999"), next_rows()),
      "");
}

// It counts days in UTC: in New York's evening its start_date is the day after tomorrow's eve.
TEST_F(Incremental, AnImportedStateOfTheEveningIsNotInTheFuture) {
  now_ = "2026-11-24T03:00:00Z";
  start({.messages = 1'000, .days = 40});
  write_file(file("state.json"), R"({"bookmarks":{"messages_outbound":{"start_date":"2026-11-25"}}})");
  configure(std::string(no_lookback) + R"(,"message_streams":["outbound"])");
  auto expected = part_of(everything(), "2026-11-23T05:00:00Z", "9999", "", "")["messages_outbound"];
  std::erase_if(expected, [](const auto& row) { return row.second.at("message_stream") != "outbound"; });
  EXPECT_EQ(difference({{"messages_outbound", expected}},
                       rows({"--state-file", file("state.json"), "--select", "messages_outbound"})),
            "");
}

TEST_F(Incremental, TheFileOfTheStateOptionIsNeverWritten) {
  start({.messages = 500, .days = 40, .future_days = 2});
  const auto first = read();
  const auto state = json::serialize(json::parse(lines_of(first.out).back()).at("value"));
  write_file(file("state.json"), state);
  set_now("2026-11-24T10:00:00Z");
  rows({"--state", file("state.json"), "--commit-interval", "0"});
  EXPECT_EQ(content(file("state.json")), state);
  EXPECT_FALSE(std::filesystem::exists(file("state.json.lock")));
  EXPECT_FALSE(std::filesystem::exists(file("state.json.new")));
}

TEST_F(Incremental, SinceAndUntilAreExact) {
  start({.messages = 6'000, .days = 40});
  const auto expected = everything();
  EXPECT_EQ(difference(
                part_of(expected, "2026-10-31T13:14:15Z", "2026-11-05T06:07:08Z", "2026-10-31", "2026-11-05"),
                rows({"--since", "2026-10-31T13:14:15Z", "--until", "2026-11-05T06:07:08Z"})),
            "");
  // Days are Eastern ones, and the last is included.
  EXPECT_EQ(difference(
                part_of(expected, "2026-10-31T04:00:00Z", "2026-11-03T05:00:00Z", "2026-10-31", "2026-11-02"),
                rows({"--since", "2026-10-31", "--until", "2026-11-02"})),
            "");
  EXPECT_EQ(difference(part_of(expected, "2026-11-20T05:00:00Z", "9999", "2026-11-20", "9999"),
                       rows({"--since", "2026-11-20", "--until", "2027-11-20"})),
            "");
}

TEST_F(Incremental, ALaterSinceKeepsTheBookmarkBeforeTheGap) {
  start({.messages = 3'000, .days = 40, .future_days = 5});
  configure(no_lookback);
  next_rows();
  set_now("2026-11-27T12:00:00Z");
  const auto before = content(file("state.json"));
  rows({"--state-file", file("state.json"), "--since", "2026-11-26"});
  EXPECT_EQ(json::parse(content(file("state.json"))), json::parse(before));
  EXPECT_EQ(
      difference(part_of(everything(), "2026-11-23T17:11:00Z", "9999", "2026-11-23", "9999"), next_rows()),
      "");
}

TEST_F(Incremental, AFirstReadOfSomeDaysLeavesTheOthersToTheNextRun) {
  start({.messages = 3'000, .days = 40});
  for (const auto& part : {std::vector<std::string>{"--since", "2026-11-20"},
                           std::vector<std::string>{"--since", "2026-11-02", "--until", "2026-11-03"}}) {
    auto arguments = part;
    arguments.insert(arguments.end(), {"--state-file", file("state.json")});
    EXPECT_NE(rows(arguments).size(), 0U);
    EXPECT_EQ(difference(everything(), next_rows()), "") << part.back();
    std::filesystem::remove(file("state.json"));
  }
}

TEST_F(Incremental, AnEarlierUntilDoesNotMoveTheBookmarkBack) {
  start({.messages = 2'000, .days = 40});
  next_rows();
  const auto before = json::parse(content(file("state.json")));
  rows({"--state-file", file("state.json"), "--since", "2026-11-01", "--until", "2026-11-10"});
  EXPECT_EQ(json::parse(content(file("state.json"))), before);
}

TEST_F(Incremental, ANewMessageStreamIsReadFromTheStart) {
  start({.messages = 3'000, .days = 40, .future_days = 2});
  configure(R"(,"message_streams":["outbound"])");
  auto all = next_rows();
  for (const auto& [key, row] : all.at("messages_outbound")) EXPECT_EQ(row.at("message_stream"), "outbound");
  configure(R"(,"message_streams":["outbound","broadcast"])");
  set_now("2026-11-24T10:00:00Z");
  merge(all, next_rows());
  EXPECT_NE(difference(everything(), all), "");
  configure();
  merge(all, next_rows());
  EXPECT_EQ(difference(everything(), all), "");
}

struct BadState {
  const char* text;
  std::vector<const char*> said;
};

TEST_F(Incremental, AnInvalidStateIsRefusedBeforeTheFirstRequest) {
  start({.messages = 200, .days = 10});
  const std::vector<BadState> states{
      {"", {"state.json"}},
      {"not JSON", {"state.json"}},
      {R"({"bookmarks":{"messages_outbound")", {"state.json"}},
      {"[1]", {"state.json"}},
      {R"({"bookmarks":[]})", {"state.json", "\"bookmarks\""}},
      {R"({"messages_outbound":{"start_date":"2026-11-10"}})", {"state.json", "\"bookmarks\""}},
      {R"({"bookmarks":{"messages_outbound":"2026-11-10"}})", {"state.json", "bookmarks.messages_outbound"}}};
  for (const auto& [text, said] : states) {
    for (const auto* option : {"--state", "--state-file"}) {
      serve();
      write_file(file("state.json"), text);
      const auto finished = read({option, file("state.json")});
      EXPECT_EQ(finished.exit, 2) << text;
      EXPECT_EQ(finished.out, "") << text;
      for (const auto* words : said) EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
      EXPECT_EQ(server_->requests().size(), 0U);
      EXPECT_EQ(content(file("state.json")), text);
    }
  }
}

TEST_F(Incremental, AnInvalidBookmarkFailsItsStreamAndIsKept) {
  start({.messages = 1'000, .days = 40});
  const std::vector<BadState> bookmarks{
      {R"({"message_streams":{"outbound":"2026-12-01T00:00:00Z"}})", {"2026-12-01", "in the future"}},
      {R"({"received_at":"2026-12-01T00:00:00Z"})", {"2026-12-01", "in the future"}},
      {R"({"message_streams":{"outbound":5}})", {"message_streams.outbound must be a time", "not 5:"}},
      {R"({"message_streams":{"outbound":null}})", {"message_streams.outbound must be a time", "not null:"}},
      {R"({"message_streams":{"outbound":"yesterday"}})",
       {"message_streams.outbound must be a time", R"(not "yesterday":)"}},
      {R"({"message_streams":["outbound"]})",
       {R"(message_streams must be an object of bookmarks, not ["outbound"]:)"}},
      {R"({"start_date":20261110})", {"start_date must be a day", "not 20261110:"}},
      {R"({"start_date":"10.11.2026"})", {"start_date must be a day", R"(not "10.11.2026":)"}}};
  auto others = everything();
  others.erase("messages_outbound");
  for (const auto& [bookmark, said] : bookmarks) {
    const auto state = fmt::format(R"({{"bookmarks":{{"messages_outbound":{}}}}})", bookmark);
    write_file(file("state.json"), state);
    auto finished = read({"--state-file", file("state.json")});
    EXPECT_EQ(finished.exit, 5) << bookmark;
    for (const auto* words : said) EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("messages_outbound"), std::string::npos);
    size_t doubled = 0;
    EXPECT_EQ(difference(others, tables_of_singer(finished.out, doubled)), "") << bookmark;
    const auto kept = json::parse(content(file("state.json"))).at("bookmarks").at("messages_outbound");
    EXPECT_EQ(kept, json::parse(bookmark));

    finished = read({"--state", file("state.json"), "--select", "messages_outbound"});
    EXPECT_EQ(finished.exit, 2) << bookmark;
  }
}

TEST_F(Incremental, AnInvalidStatisticsBookmarkFailsItsStream) {
  start({.messages = 200, .days = 10});
  for (const auto* date : {R"("2026-11-24")", "20261110", R"("2026-11-10T00:00:00Z")"}) {
    write_file(file("state.json"),
               fmt::format(R"({{"bookmarks":{{"stats_outbound_bounces":{{"date":{}}}}}}})", date));
    const auto finished = read(
        {"--state", file("state.json"), "--select", "stats_*", "--exclude", "stats_outbound_read_times"});
    EXPECT_EQ(finished.exit, 5) << date;
    EXPECT_NE(finished.err.find("stats_outbound_bounces"), std::string::npos) << finished.err;
    auto expected = streams_of(everything(), "stats_");
    expected.erase("stats_outbound_bounces");
    size_t doubled = 0;
    EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
  }
}

}  // namespace
}  // namespace tapster::e2e
