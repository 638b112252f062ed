

#include <fmt/format.h>

#include <algorithm>

#include "scripted.hpp"

namespace postmark {
namespace {

using namespace tapster;

Day day_of(std::string_view text) {
  return *parse_day(text);
}

class DailyCounts : public testing::Test {
 protected:
  // Reads these days of a stream. Returns the error's message; empty on success.
  std::string read(const Statistics& statistics, const DayRange& slice, const std::string& part = {}) {
    return read(script_.api(fake_), statistics, slice, part);
  }
  std::string read(const std::shared_ptr<Api>& api, const Statistics& statistics, const DayRange& days,
                   const std::string& part = {}) {
    auto slice = to_json(days);
    slice["tag"] = part;
    slice["message_stream"] = part;
    return read_slice(statistics, api, fake_, slice, pushed_);
  }
  static DayRange days(std::string_view from, std::string_view to) {
    return {day_of(from), day_of(to), day_of(to)};
  }

  FakeHost fake_;
  Script script_;
  Pushed pushed_;
};

// The slices of these days.
std::vector<std::string> planned(const Statistics& statistics, std::string_view from, std::string_view to) {
  FakeHost fake;
  Pushed pushed;
  Slices slices(pushed.sink());
  const auto stream = make_stream(statistics, nullptr, config_from("2025-01-01"), fake.host());
  EXPECT_TRUE(stream.plan({{}, from, to}, slices));
  std::vector<std::string> texts;
  for (const auto& slice : pushed.objects()) texts.push_back(json::serialize(slice));
  return texts;
}

TEST(StatisticsPlan, CoversEachDayOnceAndContinuesWithTheLast) {
  EXPECT_EQ(planned(entry(statistics(), "stats_outbound_overview"), "2026-01-01", "2026-01-03"),
            (std::vector<std::string>{R"({"from":"2026-01-01","to":"2026-01-01","next":"2026-01-02"})",
                                      R"({"from":"2026-01-02","to":"2026-01-02","next":"2026-01-03"})",
                                      R"({"from":"2026-01-03","to":"2026-01-03","next":"2026-01-03"})"}));
  EXPECT_EQ(planned(entry(statistics(), "stats_outbound_sends"), "2025-01-01", "2026-01-02"),
            (std::vector<std::string>{R"({"from":"2025-01-01","to":"2026-01-01","next":"2026-01-02"})",
                                      R"({"from":"2026-01-02","to":"2026-01-02","next":"2026-01-02"})"}));
  EXPECT_TRUE(planned(entry(statistics(), "stats_outbound_sends"), "2026-01-02", "2026-01-01").empty());
}

// Its requests of one slice follow each other.
TEST(StatisticsPlan, OfOneRequestADayHasSlicesForManyJobs) {
  const auto& overview = entry(statistics(), "stats_outbound_overview");
  EXPECT_EQ(planned(overview, "2026-01-01", "2026-01-16").size(), 16U);
  const auto slices = planned(overview, "2026-01-01", "2026-01-17");
  ASSERT_EQ(slices.size(), 9U);
  EXPECT_EQ(slices.front(), R"({"from":"2026-01-01","to":"2026-01-02","next":"2026-01-03"})");
  EXPECT_EQ(slices.back(), R"({"from":"2026-01-17","to":"2026-01-17","next":"2026-01-17"})");
  EXPECT_EQ(planned(overview, "2025-01-02", "2026-01-01").size(), 19U) << "at most 20 days each";
}

TEST_F(DailyCounts, AMissingDayIsARowOfZeros) {
  script_.answer("/stats/outbound/sends?fromdate=2026-01-01&todate=2026-01-03",
                 R"({"Days":[{"Date":"2026-01-02","Sent":7},{"Date":"2026-01-02","Sent":7}],"Sent":14})");
  EXPECT_EQ(read(entry(statistics(), "stats_outbound_sends"), days("2026-01-01", "2026-01-03")), "");
  std::map<std::string, int64_t> sent;
  for (const auto& row : pushed_.objects()) {
    EXPECT_TRUE(sent.emplace(view(row.at("date").as_string()), row.at("sent").as_int64()).second) << "twice";
  }
  EXPECT_EQ(sent, (std::map<std::string, int64_t>{{"2026-01-01", 0}, {"2026-01-02", 7}, {"2026-01-03", 0}}));
}

TEST_F(DailyCounts, AResponseWithOneDayTakesOneRequestPerDay) {
  script_.answer("/stats/outbound?fromdate=2026-01-01&todate=2026-01-01", R"({"Sent":1,"Bounced":2})");
  script_.answer("/stats/outbound?fromdate=2026-01-02&todate=2026-01-02", R"({"Sent":3})");
  EXPECT_EQ(read(entry(statistics(), "stats_outbound_overview"), days("2026-01-01", "2026-01-02")), "");
  const auto rows = pushed_.objects();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("id"), 20260101);
  EXPECT_EQ(rows[0].at("bounced"), 2);
  EXPECT_EQ(rows[1].at("date"), "2026-01-02");
  EXPECT_EQ(rows[1].at("sent"), 3);
  EXPECT_EQ(rows[1].at("bounced"), 0);
  EXPECT_EQ(script_.requests().size(), 2U);
}

TEST_F(DailyCounts, EachKeyOfADayIsARow) {
  const auto* const target = "/stats/outbound/opens/emailclients?fromdate=2026-01-01&todate=2026-01-02";
  const auto& clients = entry(statistics(), "stats_outbound_clients");
  script_.answer(target, R"({"Days":[{"Date":"2026-01-01","Apple \"Mail\"":4,"Gmail":1}],"Gmail":1})");
  EXPECT_EQ(read(clients, days("2026-01-01", "2026-01-02")), "");
  const auto rows = pushed_.objects();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at(clients.name_column), "Apple \"Mail\"");
  EXPECT_EQ(rows[0].at("count"), 4);
  EXPECT_EQ(rows[1].at("date"), "2026-01-01");
}

TEST_F(DailyCounts, AResponseOfAnotherShapeIsAnErrorThatNamesTheRequest) {
  const auto& clients = entry(statistics(), "stats_outbound_clients");
  const std::string target = "/stats/outbound/opens/emailclients?fromdate=2026-01-01&todate=2026-01-01";
  for (const auto* body :
       {"{}", R"({"Days":{}})", R"({"Days":[1]})", R"({"Days":[{"Gmail":1}]})",
        R"({"Days":[{"Date":"yesterday"}]})", R"({"Days":[{"Date":"2026-01-01","Gmail":1.5}]})",
        R"({"Days":[{"Date":"2026-01-01","Gmail":"many"}]})"}) {
    script_.clear();
    script_.answer(target, body);
    EXPECT_NE(read(clients, days("2026-01-01", "2026-01-01")).find(target), std::string::npos) << body;
    EXPECT_EQ(pushed_.lines(), "");
  }
}

// The error of a request for statistics that are too old.
constexpr auto too_old = R"({"ErrorCode":1500,"Message":"FromDate cannot be older than one year."})";

std::string sends(std::string_view from, std::string_view to) {
  return fmt::format("/stats/outbound/sends?fromdate={}&todate={}", from, to);
}

TEST_F(DailyCounts, DaysThatAreTooOldAreSkippedWithOneWarning) {
  for (auto day = day_of("2025-12-01"); day <= day_of("2026-01-30"); day += std::chrono::days(1)) {
    const bool is_old = day < day_of("2026-01-10");
    const auto text = format_day(day);
    script_.answer(sends(text, text), is_old ? too_old : R"({"Days":[]})", is_old ? 422 : 200);
  }
  script_.answer(sends("2025-12-01", "2025-12-20"), too_old, 422);
  script_.answer(sends("2025-12-21", "2026-01-30"), too_old, 422);
  script_.answer(sends("2026-01-10", "2026-01-30"), R"({"Days":[{"Date":"2026-01-11","Sent":7}]})");
  const auto& counts = entry(statistics(), "stats_outbound_sends");
  const auto api = script_.api(fake_);
  ASSERT_EQ(read(api, counts, days("2025-12-01", "2025-12-20")), "");
  EXPECT_EQ(pushed_.lines(), "");
  const auto requests = script_.requests().size();
  EXPECT_LT(requests, 9U);
  ASSERT_EQ(read(api, counts, days("2025-12-21", "2026-01-30")), "");
  EXPECT_EQ(script_.requests().size(), requests + 1) << "the oldest day is known";
  auto dates = pushed_.texts("date");
  std::sort(dates.begin(), dates.end());
  ASSERT_EQ(dates.size(), 21U);
  EXPECT_EQ(dates.front(), "2026-01-10");
  ASSERT_EQ(fake_.logs(TAPSTER_LOG_INFO).size(), 1U);
  EXPECT_EQ(fake_.logs(TAPSTER_LOG_INFO).front().level, TAPSTER_LOG_WARNING);
  EXPECT_NE(fake_.logs(TAPSTER_LOG_INFO).front().message.find("statistics before 2026-01-10 skipped"),
            std::string::npos);
}

TEST_F(DailyCounts, ARefusalOfTodayIsAnError) {
  script_.answer(sends("2026-01-30", "2026-01-30"), too_old, 422);
  EXPECT_NE(
      read(entry(statistics(), "stats_outbound_sends"), days("2026-01-30", "2026-01-30")).find("older than"),
      std::string::npos);
  EXPECT_EQ(script_.requests().size(), 1U);
}

TEST_F(DailyCounts, APartIsRequestedAndInEveryRow) {
  script_.answer("/stats/outbound/sends?tag=a%20%26%20b&fromdate=2026-01-01&todate=2026-01-01",
                 R"({"Days":[{"Date":"2026-01-01","Sent":7}]})");
  EXPECT_EQ(read(entry(statistics_by_tag(), "stats_outbound_sends_by_tag"), days("2026-01-01", "2026-01-01"),
                 "a & b"),
            "");
  ASSERT_EQ(pushed_.objects().size(), 1U);
  EXPECT_EQ(pushed_.objects()[0].at("tag"), "a & b");
}

}  // namespace
}  // namespace postmark
