

#include <fmt/format.h>

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

TEST_F(InboundMessages, APlanCoversTheRangeInWeeks) {
  Slices slices(pushed_.sink());
  fake_.set_now(eastern().start_of(day("2026-11-20")) + std::chrono::hours(12));
  const auto stream = make_stream(inbounds().front(), nullptr, config_from("2026-11-01"), fake_.host());
  ASSERT_TRUE(stream.plan({}, slices));
  EXPECT_EQ(pushed_.texts("from"), (std::vector<std::string>{"2026-11-01", "2026-11-08", "2026-11-15"}));
  EXPECT_EQ(pushed_.texts("to"), (std::vector<std::string>{"2026-11-07", "2026-11-14", "2026-11-20"}));
}

}  // namespace
}  // namespace postmark
