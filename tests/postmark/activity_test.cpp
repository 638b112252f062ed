#include "activity.hpp"

#include <fmt/format.h>

#include <tuple>

#include "scripted.hpp"

namespace postmark {
namespace {

using namespace tapster;
using namespace std::chrono_literals;

// Opens of 2026-11-20, noon to one o'clock UTC, which Eastern time calls 07:00 to 08:00.
class Activities : public testing::Test {
 protected:
  static Time time(std::string_view text) {
    return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
  }
  std::string read(std::string_view name = "messages_outbound") {
    return read(name, {"/message_id", "/received_at"});
  }
  std::string read(std::string_view name, const std::vector<std::string>& columns) {
    return read_slice(
        entry(activities(), name), script_.api(fake_), fake_,
        {{"message_stream", "outbound"}, {"from", "2026-11-20T12:00:00Z"}, {"to", "2026-11-20T13:00:00Z"}},
        pushed_, columns);
  }
  static std::string target(int offset, const std::string& filter = {}) {
    return fmt::format(
        "/messages/"
        "outbound?messagestream=outbound&fromdate=2026-11-20T07:00:00&todate=2026-11-20T08:00:"
        "00{}&count=500&offset={}",
        filter, offset);
  }
  // `count` messages, newest first, one second between two; the newest is number `first`, and a higher number
  // is older.
  static std::string rows(int first, int count) {
    std::string rows;
    for (int n = first; n < first + count; ++n) {
      if (!rows.empty()) rows += ',';
      rows += fmt::format(R"({{"MessageID":"m{}","ReceivedAt":"{}"}})", n,
                          format_time(time("2026-11-20T12:59:00Z") - std::chrono::seconds(n)));
    }
    return rows;
  }
  static std::string page(int64_t total, const std::string& rows) {
    return fmt::format(R"({{"TotalCount":{},"Messages":[{}]}})", total, rows);
  }
  std::set<std::string> ids() {
    std::set<std::string> ids;
    for (const auto& id : pushed_.texts("message_id")) EXPECT_TRUE(ids.insert(id).second) << id << " twice";
    return ids;
  }

  FakeHost fake_;
  Script script_;
  Pushed pushed_;
};

TEST_F(Activities, AllPagesOfAWindowAreRead) {
  script_.answer(target(0), page(501, rows(0, 500)));
  script_.answer(target(500), page(501, rows(500, 1)));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(ids().size(), 501U);
  EXPECT_EQ(script_.requests(), (std::vector<std::string>{target(0), target(500)}));
}

// A new message pushes the last of the first page to the second.
TEST_F(Activities, ARowThatCrossesAPageBorderIsEmittedOnce) {
  script_.answer(target(0), page(502, rows(1, 500)));
  script_.answer(target(0), page(503, rows(0, 500)));
  script_.answer(target(500), page(503, rows(500, 3)));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(ids().size(), 503U);
  EXPECT_TRUE(ids().contains("m0")) << "the message that arrived between the pages";
}

TEST_F(Activities, RowsOutsideTheWindowAreNotEmitted) {
  const auto later = R"({"MessageID":"later","Recipient":"r","ReceivedAt":"2026-11-20T13:00:00Z"},)";
  const auto earlier = R"(,{"MessageID":"earlier","ReceivedAt":"2026-11-20T11:59:59.9999999Z"})";
  script_.answer(target(0), page(4, later + rows(0, 2) + earlier));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(ids(), (std::set<std::string>{"m0", "m1"}));
}

TEST_F(Activities, ATotalThatStaysAboveTheRowsIsAnError) {
  script_.answer(target(0), page(3, rows(0, 2)));
  EXPECT_NE(read().find("the API counts more rows than it shows"), std::string::npos);
}

TEST_F(Activities, APageThatIsShownForEachOffsetIsAnError) {
  script_.answer(target(0), page(1'100, rows(0, 500)));
  script_.answer(target(500), page(1'100, rows(0, 500)));
  EXPECT_NE(read().find("a page has only rows of the page before it"), std::string::npos);
}

// 10,000 rows can be reached. The rest is read with a window that ends where they do.
TEST_F(Activities, AWindowWithMoreRowsThanCanBeReachedIsReadInParts) {
  constexpr int all = 3'000;  // of which pages show the newest of a count of 10,000
  for (int offset = 0; offset < 10'000; offset += 500) {
    // The whole hour: one row a tenth of a second, so that 10,000 rows end inside it.
    std::string list;
    for (int n = offset; n < offset + 500; ++n) {
      if (!list.empty()) list += ',';
      list += fmt::format(R"({{"MessageID":"m{}","ReceivedAt":"{}"}})", n,
                          format_time(time("2026-11-20T12:59:00Z") - std::chrono::milliseconds(100) * n));
    }
    script_.answer(target(offset), page(10'000 + all, list));
  }
  EXPECT_NE(read(), "") << "the script has no answer for the older part";
  const auto requests = script_.requests();
  ASSERT_GE(requests.size(), 21U);
  EXPECT_EQ(requests[19], target(9'500));
  // The 10,000th row is of 12:42:20.1, so what is older than 12:42:21 remains. First the newer part is
  // counted.
  EXPECT_NE(requests[20].find("fromdate=2026-11-20T07:42:21"), std::string::npos) << requests[20];
  EXPECT_EQ(ids().size(), 10'000U);
}

TEST_F(Activities, AnArchivedMessageStreamThatTheApiRefusesIsSkippedAndLoggedOnce) {
  constexpr auto refusal = R"({"ErrorCode":1226,"Message":"The message stream was not found."})";
  constexpr auto rest = "fromdate=2026-11-20T07:00:00&todate=2026-11-20T08:00:00&count=500&offset=0";
  for (const auto* path : {"/messages/outbound", "/bounces"})
    script_.answer(fmt::format("{}?messagestream=news&{}", path, rest), refusal, 422);
  script_.answer(fmt::format("/messages/outbound?messagestream=old&{}", rest),
                 R"({"TotalCount":0,"Messages":[]})");
  script_.answer(fmt::format("/bounces?messagestream=old&{}", rest), R"({"TotalCount":0,"Bounces":[]})");
  script_.answer(
      "/message-streams?MessageStreamType=All&IncludeArchivedStreams=true",
      R"({"MessageStreams":[{"ID":"news","ArchivedAt":"2026-01-01"},{"ID":"old","ArchivedAt":"2026-01-01"}]})");
  fake_.set_now(time("2026-11-20T13:01:00Z"));
  const auto api = script_.api(fake_);
  Slices slices(pushed_.sink());
  for (const auto* name : {"messages_outbound", "bounces"}) {
    const auto stream = make_stream(entry(activities(), name), api, config_from("2026-11-01"), fake_.host());
    EXPECT_TRUE(stream.plan({{}, "2026-11-20T12:00:00Z", {}}, slices)) << name;
  }
  ASSERT_EQ(fake_.logs(TAPSTER_LOG_INFO).size(), 1U);
  EXPECT_NE(fake_.logs(TAPSTER_LOG_INFO).front().message.find("message stream news skipped: it is archived"),
            std::string::npos);
  EXPECT_EQ(pushed_.texts("message_stream"), (std::vector<std::string>{"old", "old"}));
}

// Plans of one message stream, from a bookmark of 12:00 to a minute before 13:01.
class PlannedActivities : public Activities {
 protected:
  PlannedActivities() { fake_.set_now(time("2026-11-20T13:01:00Z")); }

  void plan(std::string_view name, const Config& config = config_from("2026-11-01")) {
    const auto stream = make_stream(entry(activities(), name), api_, config, fake_.host());
    Slices slices(pushed_.sink());
    const auto planned = stream.plan(
        {json::parse(R"({"message_streams":{"outbound":"2026-11-20T12:00:00Z"}})").as_object(), {}, {}},
        slices);
    EXPECT_TRUE(planned) << planned.error().message;
    slices_ = pushed_.objects();
    pushed_.clear();
  }
  void read_planned(std::string_view name, const std::vector<std::string>& columns) {
    for (const auto& slice : slices_)
      EXPECT_EQ(read_slice(entry(activities(), name), api_, fake_, slice, pushed_, columns), "");
  }
  // `count` opens, newest first, a minute between two; the newest is number 0, of 12:55.
  static std::string opens(int64_t total, int count) {
    std::string rows;
    for (int n = 0; n < count; ++n) {
      if (!rows.empty()) rows += ',';
      rows += fmt::format(R"({{"MessageID":"m{}","Recipient":"r","ReceivedAt":"{}"}})", n,
                          format_time(time("2026-11-20T12:55:00Z") - std::chrono::minutes(n)));
    }
    return fmt::format(R"({{"TotalCount":{},"Opens":[{}]}})", total, rows);
  }
  static constexpr auto newest_opens = "/messages/outbound/opens?messagestream=outbound&count=500&offset=0";

  std::shared_ptr<Api> api_ = script_.api(fake_, {"outbound"});
  std::vector<json::object> slices_;
};

TEST_F(PlannedActivities, TheLookbackOfMessagesIsNotThatOfTheirEvents) {
  auto config = config_from("2026-11-01");
  config.lookback = std::chrono::days(4);
  script_.answer(
      "/messages/outbound?messagestream=outbound&fromdate=2026-11-16T07:00:00&todate=2026-11-20T08:00:00&"
      "count=500&offset=0",
      page(0, ""));
  plan("messages_outbound", config);
  ASSERT_EQ(slices_.size(), 1U);
  EXPECT_EQ(slices_[0].at("from"), "2026-11-16T12:00:00Z");
  script_.answer(target(0), page(0, ""));
  plan("message_events", config);
  ASSERT_EQ(slices_.size(), 1U);
  EXPECT_EQ(slices_[0].at("from"), "2026-11-20T12:00:00Z");
}

TEST_F(PlannedActivities, ASliceBeginsWithThePageOfItsPlan) {
  script_.answer(target(0), page(501, rows(0, 500)));
  script_.answer(target(500), page(501, rows(500, 1)));
  plan("messages_outbound");
  read_planned("messages_outbound", {"/message_id", "/received_at"});
  EXPECT_EQ(ids().size(), 501U);
  EXPECT_EQ(script_.requests(), (std::vector<std::string>{target(0), target(500)}));
}

TEST_F(PlannedActivities, ASliceThatIsReadLaterRequestsItsPageAgain) {
  script_.answer(target(0), page(1, rows(0, 1)));
  script_.answer(target(0), page(2, rows(0, 2)));
  plan("messages_outbound");
  fake_.advance(61s);
  read_planned("messages_outbound", {"/message_id", "/received_at"});
  EXPECT_EQ(ids().size(), 2U);
}

TEST_F(PlannedActivities, EventsThatTheNewestPageHasAreReadFromIt) {
  // All events; and those of more than the hour that is read.
  for (const auto& [total, count, read] : {std::tuple{20, 20, 20U}, {2'000, 500, 56U}}) {
    script_.clear();
    pushed_.clear();
    script_.answer(newest_opens, opens(total, count));
    plan("messages_opens");
    ASSERT_EQ(slices_.size(), 1U);
    read_planned("messages_opens", {"/message_id", "/received_at"});
    EXPECT_EQ(ids().size(), read);
    EXPECT_EQ(script_.requests().size(), 1U);
  }
}

// A page without all of its rows may lack some of the window.
TEST_F(PlannedActivities, EventsOfAPageThatIsNotFullAreCounted) {
  script_.answer(newest_opens, opens(2'000, 499));
  script_.answer(
      "/messages/outbound/opens?messagestream=outbound&fromdate=2026-11-19T23:37:00&todate=2026-11-20T07:55:"
      "01&count=1&offset=0",
      opens(499, 1));
  plan("messages_opens");
  ASSERT_EQ(slices_.size(), 1U);
  EXPECT_FALSE(slices_[0].contains("reads_back"));
}

// If the API filters by another time, the window lacks rows.
TEST_F(Activities, ARowOutsideTheRequestedTimeMakesTheListBeReadBack) {
  constexpr auto list = "/messages/outbound/opens?messagestream=outbound&";
  script_.answer(
      fmt::format("{}fromdate=2026-11-20T07:00:00&todate=2026-11-20T08:00:00&count=500&offset=0", list),
      R"({"TotalCount":1,"Opens":[{"MessageID":"later","Recipient":"r","ReceivedAt":"2026-11-20T14:00:00Z"}]})");
  script_.answer(
      fmt::format("{}count=500&offset=0", list),
      R"({"TotalCount":2,"Opens":[{"MessageID":"later","Recipient":"r","ReceivedAt":"2026-11-20T14:00:00Z"},
                     {"MessageID":"inside","Recipient":"r","ReceivedAt":"2026-11-20T12:30:00Z"}]})");
  EXPECT_EQ(read("messages_opens"), "");
  EXPECT_EQ(ids(), (std::set<std::string>{"inside"}));
  EXPECT_NE(fake_.logs(TAPSTER_LOG_INFO)
                .front()
                .message.find("which is outside the requested time; reading back from the newest row"),
            std::string::npos);
}

// As an API does that reads the dates as UTC.
TEST_F(Activities, ARowFarOutsideTheDocumentedDatesMakesTheListBeReadBackToo) {
  script_.answer(target(0), page(1, R"({"MessageID":"wrong","ReceivedAt":"2026-11-20T07:30:00Z"})"));
  script_.answer("/messages/outbound?messagestream=outbound&count=500&offset=0",
                 page(2, R"({"MessageID":"right","ReceivedAt":"2026-11-20T12:30:00Z"},)"
                         R"({"MessageID":"wrong","ReceivedAt":"2026-11-20T07:30:00Z"})"));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(ids(), (std::set<std::string>{"right"}));
  EXPECT_TRUE(fake_.logs(TAPSTER_LOG_WARNING).empty());
}

// A busy message stream has more rows than the list shows without dates.
TEST_F(Activities, RowsByDocumentedDatesAreReadAlthoughTheListCannotBeReadBack) {
  const auto found = R"({"MessageID":"right","ReceivedAt":"2026-11-20T12:30:00Z"},)"
                     R"({"MessageID":"wrong","ReceivedAt":"2026-11-20T07:30:00Z"})";
  script_.answer(target(0), page(2, found));
  script_.answer("/messages/outbound?messagestream=outbound&count=500&offset=0", page(3, found));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(ids(), (std::set<std::string>{"right"}));
  ASSERT_EQ(fake_.logs(TAPSTER_LOG_WARNING).size(), 1U);
  const std::string warning = fake_.logs(TAPSTER_LOG_WARNING).front().message;
  EXPECT_NE(warning.find("a row of 2026-11-20T07:30:00Z, which is outside the requested time"),
            std::string::npos)
      << warning;
  EXPECT_NE(warning.find("rows of this time may be missing"), std::string::npos) << warning;
}

TEST_F(Activities, ADumpIsRequestedForEachBounce) {
  script_.answer(
      "/bounces?messagestream=outbound&fromdate=2026-11-20T07:00:00&todate=2026-11-20T08:00:00&count=500&"
      "offset=0",
      R"({"TotalCount":2,"Bounces":[{"ID":9007199254740993,"BouncedAt":"2026-11-20T12:30:00Z"},
                     {"ID":5,"BouncedAt":"2026-11-20T12:20:00Z"}]})");
  script_.answer("/bounces/9007199254740993/dump", R"({"Body":"raw \"source\""})");
  script_.answer("/bounces/5/dump", R"({"Body":""})");
  ASSERT_EQ(read("bounce_dumps", {}), "");
  EXPECT_EQ(pushed_.texts("body"), (std::vector<std::string>{"raw \"source\"", ""}));
  EXPECT_EQ(pushed_.objects()[0].at("id"), 9'007'199'254'740'993);
}

TEST_F(Activities, ATotalInAStringIsRead) {
  script_.answer(target(0), R"({"TotalCount":"501","Messages":[)" + rows(0, 500) + "]}");
  script_.answer(target(500), R"({"TotalCount":"501","Messages":[)" + rows(500, 1) + "]}");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(ids().size(), 501U);
}

TEST_F(Activities, AMalformedPageAfterARowIsReadAgain) {
  script_.answer(target(0), R"({"TotalCount":2,"Messages":[)" + rows(0, 1) + R"(,{"Mess)");
  script_.answer(target(0), page(2, rows(0, 2)));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(ids(), (std::set<std::string>{"m0", "m1"}));
}

}  // namespace
}  // namespace postmark
