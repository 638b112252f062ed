

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "eastern.hpp"
#include "scripted.hpp"

namespace postmark {
namespace {

using namespace tapster;

class InboundMessages : public testing::Test {
 protected:
  static Day day(std::string_view text) { return *parse_day(text); }
  static json::object one_day() {
    const auto only = day("2026-11-20");
    return to_json({only, only, only});
  }
  // Reads one day. Each status without an answer of its own has no rows.
  std::string read(std::string_view only = "processed") {
    for (const auto& status : inbounds().front().statuses) {
      if (status != only) script_.answer(target(status, 0), page(0, ""));
    }
    return read_slice(inbounds().front(), script_.api(fake_), fake_, one_day(), pushed_);
  }
  static std::string target(std::string_view status, int offset) {
    return fmt::format(
        "/messages/inbound?status={}&fromdate=2026-11-20&todate=2026-11-20&count=500&offset={}", status,
        offset);
  }
  static std::string page(int64_t total, const std::string& rows) {
    return fmt::format(R"({{"TotalCount":{},"InboundMessages":[{}]}})", total, rows);
  }
  static std::string rows(int first, int count) {
    std::string rows;
    for (int n = first; n < first + count; ++n)
      rows += fmt::format(R"({}{{"MessageID":"m{}"}})", rows.empty() ? "" : ",", n);
    return rows;
  }

  FakeHost fake_;
  Script script_;
  Pushed pushed_;
};

TEST_F(InboundMessages, EachStatusIsRead) {
  for (const auto& status : inbounds().front().statuses)
    script_.answer(target(status, 0), page(1, fmt::format(R"({{"MessageID":"{}"}})", status)));
  EXPECT_EQ(read("all of them"), "");
  EXPECT_EQ(pushed_.texts("message_id").size(), inbounds().front().statuses.size());
}

TEST_F(InboundMessages, ARowHasTheDayThatItWasListedUnder) {
  script_.answer(target("processed", 0), page(1, rows(0, 1)));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(pushed_.texts("date"), std::vector<std::string>{"2026-11-20"});
}

TEST_F(InboundMessages, DetailsAreReadOfEachListedMessage) {
  const auto& details = entry(inbounds(), "messages_inbound_details");
  for (const auto& status : details.statuses)
    script_.answer(target(status, 0), status == "failed" ? page(2, rows(0, 2)) : page(0, ""));
  script_.answer("/messages/inbound/m0/details", R"({"MessageID":"m0","TextBody":"Hello"})");
  script_.answer("/messages/inbound/m1/details", R"({"ErrorCode":701,"Message":"Gone."})", 404);
  ASSERT_EQ(read_slice(details, script_.api(fake_), fake_, one_day(), pushed_), "");
  EXPECT_EQ(pushed_.texts("text_body"), std::vector<std::string>{"Hello"});
  EXPECT_EQ(pushed_.texts("date"), std::vector<std::string>{"2026-11-20"});
}

TEST_F(InboundMessages, ARowThatCrossesAPageBorderIsEmittedOnce) {
  script_.answer(target("processed", 0), page(501, rows(1, 500)));
  script_.answer(target("processed", 0), page(502, rows(0, 500)));
  script_.answer(target("processed", 500), page(502, rows(500, 2)));
  EXPECT_EQ(read(), "");
  const auto found = pushed_.texts("message_id");
  EXPECT_EQ(found.size(), 502U);
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 502U);
}

TEST_F(InboundMessages, ATotalThatStaysAboveTheRowsIsAnError) {
  script_.answer(target("processed", 0), page(3, rows(0, 2)));
  EXPECT_NE(read().find("the API counts more rows than it shows"), std::string::npos);
}

TEST_F(InboundMessages, ATotalBelowTheRowsIsAnError) {
  for (const int total : {-1, 0, 1}) {
    script_.clear();
    script_.answer(target("processed", 0), page(total, rows(0, 2)));
    EXPECT_NE(read(), "") << total;
  }
}

TEST_F(InboundMessages, AMalformedPageAfterARowIsReadAgain) {
  script_.answer(target("processed", 0), R"({"TotalCount":2,"InboundMessages":[{"MessageID":"m0"},{"Me)");
  script_.answer(target("processed", 0), page(2, rows(0, 2)));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(pushed_.texts("message_id"), (std::vector<std::string>{"m0", "m1"}));
}

class InboundPlan : public InboundMessages {
 protected:
  // Plans from one day to noon of another, and returns the days of the slices.
  std::vector<std::pair<std::string, std::string>> plan(const std::string& first, const std::string& last) {
    fake_.set_now(eastern().start_of(day(last)) + std::chrono::hours(12));
    Slices slices(pushed_.sink());
    const auto stream = make_stream(inbounds().front(), script_.api(fake_), config_from(first), fake_.host());
    const auto planned = stream.plan({}, slices);
    EXPECT_TRUE(planned) << planned.error().message;
    std::vector<std::pair<std::string, std::string>> days;
    for (const auto& slice : pushed_.objects())
      days.emplace_back(text_of(slice, "from"), text_of(slice, "to"));
    return days;
  }
  // Answers how many rows the days have in all.
  void answer_count(std::string_view status, const std::string& first, const std::string& last, int total) {
    script_.answer(fmt::format("/messages/inbound?status={}&fromdate={}&todate={}&count=1&offset=0", status,
                               first, last),
                   page(total, rows(0, std::min(total, 1))));
  }
};

TEST_F(InboundPlan, AShortRangeIsReadByDays) {
  answer_count("processed", "2026-11-01", "2026-11-16", 9);
  const auto days = plan("2026-11-01", "2026-11-16");
  ASSERT_EQ(days.size(), 16U);
  EXPECT_EQ(days.front(), (std::pair<std::string, std::string>("2026-11-01", "2026-11-01")));
  EXPECT_EQ(days.back(), (std::pair<std::string, std::string>("2026-11-16", "2026-11-16")));
  EXPECT_EQ(script_.requests().size(), 1U) << "one status with rows is enough";
}

TEST_F(InboundPlan, AnHourlySyncNeedsNoRequest) {
  EXPECT_EQ(plan("2026-11-14", "2026-11-16").size(), 3U);
  EXPECT_TRUE(script_.requests().empty());
}

TEST_F(InboundPlan, ALongRangeIsReadByWeeks) {
  answer_count("processed", "2026-06-01", "2026-11-16", 9);
  const auto days = plan("2026-06-01", "2026-11-16");
  ASSERT_EQ(days.size(), 25U);
  EXPECT_EQ(days.front(), (std::pair<std::string, std::string>("2026-06-01", "2026-06-07")));
  EXPECT_EQ(days.back(), (std::pair<std::string, std::string>("2026-11-16", "2026-11-16")));
}

TEST_F(InboundPlan, ARangeWithoutRowsIsOneSlice) {
  for (const auto& status : inbounds().front().statuses) answer_count(status, "2026-06-01", "2026-11-16", 0);
  EXPECT_EQ(plan("2026-06-01", "2026-11-16"),
            (std::vector<std::pair<std::string, std::string>>{{"2026-06-01", "2026-11-16"}}));
}

TEST_F(InboundPlan, AStatusOfItsOwnMakesARangeNotEmpty) {
  for (const auto& status : inbounds().front().statuses)
    answer_count(status, "2026-11-01", "2026-11-16", status == "queued" ? 1 : 0);
  EXPECT_EQ(plan("2026-11-01", "2026-11-16").size(), 16U);
}

}  // namespace
}  // namespace postmark
