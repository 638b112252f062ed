// Every row of the source comes out, as it is, once.
#include <fmt/format.h>

#include <set>
#include <sstream>

#include "expected_lists.hpp"
#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using Completeness = EndToEnd;

TEST_F(Completeness, SingerHasEveryRowOnce) {
  start();
  const auto finished = read();
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(everything(), tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Completeness, JsonLinesHaveEveryRowOnce) {
  start();
  const auto finished = read({"--format", "jsonl"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(everything(), tables_of_jsonl(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Completeness, FilesHaveEveryRowOnceInTheSameOrderForAnyNumberOfJobs) {
  start({.messages = sanitized ? 5'000 : 20'000, .days = 40});
  std::vector<std::string> files;
  for (const auto* jobs : {"1", "7"}) {
    const auto out = directory_ / (std::string("out") + jobs);
    const auto finished = read({"--output", out, "--jobs", jobs});
    ASSERT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(finished.out, "");
    size_t doubled = 0;
    EXPECT_EQ(difference(everything(), tables_of_files(out, doubled)), "");
    EXPECT_EQ(doubled, 0U);
    files.push_back(text_of_parts(out / "messages_outbound"));
  }
  EXPECT_EQ(files[0], files[1]);
}

TEST_F(Completeness, AttachmentsAreNamesOrObjectsAsTheSchemaSays) {
  start();
  const auto expected = only(everything(), {"messages_outbound", "messages_opens"});
  size_t names = 0;
  size_t objects = 0;
  for (const auto& [key, row] : expected.at("messages_outbound")) {
    const auto& attachments = row.at("attachments").as_array();
    if (!attachments.empty()) ++(attachments.front().is_string() ? names : objects);
  }
  EXPECT_GT(names, 10U);
  EXPECT_GT(objects, 10U);
  const auto& opens = expected.at("messages_opens");
  EXPECT_TRUE(std::any_of(opens.begin(), opens.end(),
                          [](const auto& open) { return open.second.at("read_seconds").is_double(); }));
  const auto finished = read({"--validate", "--select", "messages_outbound", "--select", "messages_opens"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
}

TEST_F(Completeness, TotalsInStringsAreRead) {
  start();
  configure(R"(,"postmark_account_token":"sandbox-account-token","all_servers":true)");
  server_->on_answer([](std::string& body) {
    constexpr std::string_view name = "\"TotalCount\":";
    const auto at = body.find(name);
    if (at == std::string::npos) return;
    body.insert(body.find_first_of(",}", at), 1, '"');
    body.insert(at + name.size(), 1, '"');
  });
  auto expected = everything();
  merge(expected, expected_account_lists({account_.get()}));
  const auto finished = read();
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Completeness, AMinutePastTheLimitIsComplete) {
  start({.messages = 1'000, .days = 40, .minute_burst = 16'000, .opens_per_hundred = 10});
  const auto finished = read();
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(everything(), tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Completeness, ATotalCappedAtTheLimitHidesNoRow) {
  start({.messages = 1'000, .days = 40, .minute_burst = 31'000, .opens_per_hundred = 0},
        {.total_stops_at_limit = true});
  const auto finished = read({"--select", "messages_outbound"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  auto expected = everything();
  std::erase_if(expected, [](const auto& table) { return table.first != "messages_outbound"; });
  EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Completeness, ASecondPastTheLimitIsAnError) {
  start({.messages = 1'000, .days = 40, .second_burst = 20'000, .opens_per_hundred = 0});
  const auto finished = read();
  EXPECT_EQ(finished.exit, 5);
  EXPECT_NE(finished.err.find("more rows than the 10,000 that the API shows"), std::string::npos)
      << finished.err;
  // The other streams are complete nevertheless.
  size_t doubled = 0;
  auto expected = everything();
  auto actual = tables_of_singer(finished.out, doubled);
  expected.erase("messages_outbound");
  actual.erase("messages_outbound");
  EXPECT_EQ(difference(expected, actual), "");
}

// What the reference leaves open: either answer gives the same rows.
TEST_F(Completeness, EitherReadingOfTheRepeatedHourIsComplete) {
  using Ambiguous = sandbox::ApiOptions::Ambiguous;
  now_ = "2026-11-01T17:12:00Z";
  for (const auto reading : {Ambiguous::first, Ambiguous::second, Ambiguous::wall}) {
    if (sanitized && reading != Ambiguous::first) break;
    // More opens than a query shows, as its dates reach out of the hour.
    start({.messages = 3'000,
           .days = 2,
           .opens_burst = 12'000,
           .burst_at = at("2026-11-01T05:00:00Z"),
           .burst_span = std::chrono::hours(2)},
          {.ambiguous = reading});
    // Slices whose borders lie in the hour: 05:30 and 06:30 UTC are both 01:30 in New York.
    Tables actual;
    size_t doubled = 0;
    const std::vector<std::string> borders{"2026-11-01T04:40:00Z", "2026-11-01T05:30:00Z",
                                           "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z",
                                           "2026-11-01T07:20:00Z"};
    for (size_t i = 0; i + 1 < borders.size(); ++i) {
      const auto finished = read({"--select", "messages_*", "--exclude", "*_details", "--exclude",
                                  "messages_inbound", "--since", borders[i], "--until", borders[i + 1]});
      ASSERT_EQ(finished.exit, 0) << finished.err;
      for (auto& [stream, rows] : tables_of_singer(finished.out, doubled)) {
        for (auto& [key, row] : rows) doubled += upsert(actual, stream, row) ? 0 : 1;
      }
    }
    Tables expected;
    for (auto& [stream, rows] : everything()) {
      for (auto& [key, row] : rows) {
        const auto* time = stream.starts_with("messages_") ? row.if_contains("received_at") : nullptr;
        if (time && time->as_string() >= borders.front().substr(0, 19) &&
            time->as_string() < borders.back().substr(0, 19)) {
          upsert(expected, stream, row);
        }
      }
    }
    ASSERT_GT(expected["messages_outbound"].size(), 100U);
    EXPECT_EQ(difference(expected, actual), "") << static_cast<int>(reading);
    EXPECT_EQ(doubled, 0U);
  }
}

// The hour that autumn repeats, with more rows than a query shows. It cannot be requested without its twin,
// whichever of them the API means.
TEST_F(Completeness, ARepeatedHourPastTheLimitIsComplete) {
  using Ambiguous = sandbox::ApiOptions::Ambiguous;
  struct Case {
    int64_t messages, opens;
    sandbox::ApiOptions api;
    bool in_slices;  // in the slices of all days, or in one slice of two days
  };
  std::vector<Case> cases{
      {16'000, 11'000, {.ambiguous = Ambiguous::wall, .total_stops_at_limit = true}, false}};
  if (!sanitized) {
    cases.insert(cases.end(),
                 {{25'000, 0, {.ambiguous = Ambiguous::first, .todate_includes_fraction = false}, false},
                  {0, 25'000, {.ambiguous = Ambiguous::second}, true},
                  {25'000, 0, {.ambiguous = Ambiguous::second}, false},
                  {0, 25'000, {.ambiguous = Ambiguous::first}, true},
                  {9'000, 11'000, {.ambiguous = Ambiguous::first}, false}});
  }
  now_ = "2026-11-02T06:30:00Z";
  for (const auto& [messages, opens, api, in_slices] : cases) {
    first_day_ = in_slices ? "2026-10-25" : "2026-10-31";
    start({.messages = 1'000,
           .days = 4,
           .burst = messages,
           .opens_burst = opens,
           .burst_at = at("2026-11-01T05:00:00Z"),
           .burst_span = std::chrono::hours(2),
           .opens_per_hundred = 10,
           .clicks_per_hundred = 0,
           .bounces_per_hundred = 0,
           .seed = 2},
          api);
    std::vector<std::string> arguments{"--select", "messages_outbound", "--select", "messages_opens"};
    if (!in_slices) arguments.insert(arguments.end(), {"--until", "2026-11-01"});
    const auto finished = read(arguments);
    const auto what =
        fmt::format("{} messages and {} opens, read as {}", messages, opens, static_cast<int>(api.ambiguous));
    ASSERT_EQ(finished.exit, 0) << what << finished.err;
    EXPECT_EQ(finished.err.find("reading back"), std::string::npos) << what << finished.err;
    auto expected = only(everything(), {"messages_outbound", "messages_opens"});
    if (!in_slices) expected = part_of(expected, "", "2026-11-02T05:00:00Z", "", "");
    size_t doubled = 0;
    EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "") << what;
    EXPECT_EQ(doubled, 0U) << what;
  }
}

TEST_F(Completeness, ARepeatedHourThatCannotBeDividedIsAnError) {
  now_ = "2026-11-02T06:30:00Z";
  first_day_ = "2026-10-31";
  start({.messages = 0,
         .burst = 30'000,
         .burst_at = at("2026-11-01T05:00:00Z"),
         .burst_span = std::chrono::hours(2),
         .opens_per_hundred = 0});
  const auto finished = read({"--select", "messages_outbound", "--select", "bounces"});
  EXPECT_EQ(finished.exit, 5);
  EXPECT_NE(finished.err.find("no filter is left to divide them: up to 2026-11-01T06:"), std::string::npos)
      << finished.err;
}

TEST_F(Completeness, EitherReadingOfTodateIsComplete) {
  for (const bool includes : {false, true}) {
    start({.messages = sanitized ? 5'000 : 20'000, .days = 40}, {.todate_includes_fraction = includes});
    const auto finished = read();
    ASSERT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(everything(), tables_of_singer(finished.out, doubled)), "");
    EXPECT_EQ(doubled, 0U);
  }
}

TEST_F(Completeness, OpensAreCompleteWithOrWithoutADateFilter) {
  using Dates = sandbox::ApiOptions::Dates;
  for (const auto dates : {Dates::own, Dates::of_message, Dates::ignored}) {
    start({.messages = 5'000, .days = 40, .opens_per_hundred = 150}, {.opens_dates = dates});
    const auto finished = read({"--select", "messages_opens"});
    ASSERT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(only(everything(), {"messages_opens"}), tables_of_singer(finished.out, doubled)), "")
        << static_cast<int>(dates);
    EXPECT_EQ(doubled, 0U);
  }
}

TEST_F(Completeness, OpensWithoutADateFilterAreDividedByPlatform) {
  start({.messages = 9'000, .days = 40, .opens_per_hundred = 200},
        {.opens_dates = sandbox::ApiOptions::Dates::ignored});
  ASSERT_GT(account_->opens(0, sandbox::Time::min(), sandbox::Time::max()).size(), 10'000U);
  const auto finished = read({"--select", "messages_opens"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  const auto actual = tables_of_singer(finished.out, doubled);
  EXPECT_EQ(difference({{"messages_opens", everything().at("messages_opens")}}, actual), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Completeness, AnOverviewWithoutReadTimesHasNulls) {
  start({.messages = 500, .days = 10}, {.overview_has_read_time = false});
  const auto finished = read({"--select", "stats_*", "--exclude", "stats_outbound_read_times"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  const auto expected = streams_of(everything(false), "stats_");
  EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
}

TEST_F(Completeness, MessageEventsAreReadWhenTheyAreSelected) {
  start({.messages = 200, .days = 10});
  const auto discovered = run({"discover", "postmark", "--config", directory_ / "config.json"});
  ASSERT_EQ(discovered.exit, 0) << discovered.err;
  auto catalog = json::parse(discovered.out);
  auto& stream = catalog.at("streams").at(0);
  for (auto& entry : stream.at("metadata").as_array()) entry.at("metadata").as_object()["selected"] = true;
  catalog.as_object()["streams"] = json::array{stream};
  write_file(directory_ / "catalog.json", json::serialize(catalog));
  const auto finished = read({"--catalog", directory_ / "catalog.json"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  const auto actual = tables_of_singer(finished.out, doubled);
  ASSERT_EQ(actual.size(), 1U);
  EXPECT_EQ(actual.at("messages_outbound").size(), everything().at("messages_outbound").size());
  std::map<std::string, std::multiset<std::string>> types;  // by message
  const auto events = expected_details(*account_, first_day_, at(now_) - std::chrono::minutes(1));
  for (const auto& [key, row] : events.at("message_events"))
    types[json::serialize(row.at("message_id"))].insert(json::value_to<std::string>(row.at("type")));
  for (const auto& [key, row] : actual.at("messages_outbound")) {
    std::multiset<std::string> joined;
    std::istringstream text(json::value_to<std::string>(row.at("message_events")));
    for (std::string type; std::getline(text, type, ',');) joined.insert(type);
    EXPECT_EQ(joined, types[json::serialize(row.at("message_id"))]);
  }
  EXPECT_GT(types.size(), 150U);
}

}  // namespace
}  // namespace tapster::e2e
