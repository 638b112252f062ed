#include "inbound.hpp"

#include <fmt/format.h>

#include "scripted.hpp"

namespace postmark {
namespace {

using namespace tapster;

class InboundMessages : public testing::Test {
 protected:
  static Day day(std::string_view text) { return *parse_day(text); }
  static DayRange one_day() { return {day("2026-11-20"), day("2026-11-20"), day("2026-11-20")}; }
  // Reads one day. Each status without an answer of its own has no rows.
  std::string read(std::string_view only = "processed") {
    for (const auto& status : inbounds().front().statuses) {
      if (status != only) script_.answer(target(status, 0), page(0, ""));
    }
    const auto projection = *Projection::create(inbounds().front().stream, {});
    const auto api = script_.api(fake_);
    Records records(pushed_.sink());
    const auto read = read_inbound(*api, inbounds().front(), projection, one_day(), records);
    return read ? "" : read.error().message;
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
  const auto projection = *Projection::create(details.stream, {});
  const auto api = script_.api(fake_);
  Records records(pushed_.sink());
  ASSERT_TRUE(read_inbound(*api, details, projection, one_day(), records));
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
    Script script;
    script_ = std::move(script);
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
  ASSERT_TRUE(
      plan_inbound(inbounds().front(), day("2026-11-01"), day("2026-11-20"), day("2026-11-20"), slices));
  EXPECT_EQ(pushed_.texts("from"), (std::vector<std::string>{"2026-11-01", "2026-11-08", "2026-11-15"}));
  EXPECT_EQ(pushed_.texts("to"), (std::vector<std::string>{"2026-11-07", "2026-11-14", "2026-11-20"}));
}

}  // namespace
}  // namespace postmark
