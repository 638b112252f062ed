#include "report/progress.hpp"

#include <gtest/gtest.h>

#include <clocale>

#include "report/progress_display.hpp"
#include "report/prometheus.hpp"
#include "report/summary.hpp"
#include "system/terminal.hpp"

namespace tapster::host {
namespace {

using namespace std::chrono_literals;

class ProgressOfTwo : public testing::Test {
 protected:
  ProgressOfTwo() {
    auto& messages = progress_.emplace_back("messages_outbound");
    messages.status = StreamStatus::complete;
    messages.rows = 1'500;
    messages.bytes = 300'000;
    messages.slices_planned = 3;
    messages.slices_done = 3;
    messages.started_at = 1'000'000;
    messages.ended_at = 2'500'000;
    auto& opens = progress_.emplace_back("messages_opens");
    opens.status = StreamStatus::running;
    opens.rows = 90;
    opens.slices_planned = 10;
    opens.slices_done = 1;
    opens.started_at = 2'000'000;
  }
  Progress progress_;
  const std::map<std::string, int64_t> counters_{
      {"requests", 7}, {"retries", 1}, {"bytes_received", 2'500'000}};
  RunReport run_{.id = "id",
                 .connector = "mail",
                 .connector_version = "1.2",
                 .started = from_unix_micros(1'795'435'200'000'000),
                 .ended = from_unix_micros(1'795'435'203'250'000),
                 .exit_code = 0,
                 .error = {},
                 .counters = counters_};
};

TEST_F(ProgressOfTwo, HasTheTotalsAndALinePerStream) {
  EXPECT_EQ(progress_lines(progress_, 5s, 4s, 79, 23),
            (std::vector<std::string>{"1 of 2 streams, 1590 rows, 398/s, 4 of 13+ slices",
                                      "messages_outbound  complete     1500 rows   1000/s    3/3 slices",
                                      "messages_opens     running        90 rows     30/s    1/10 slices"}));
}

TEST_F(ProgressOfTwo, EstimatesTheTimeOnceEveryStreamIsPlanned) {
  for (auto& stream : progress_) stream.is_planned = true;
  EXPECT_EQ(progress_lines(progress_, 5s, 4s, 79, 23)[0],
            "1 of 2 streams, 1590 rows, 398/s, 4 of 13 slices, about 9 s left");
  EXPECT_EQ(progress_lines(progress_, 5s, 30min, 79, 23)[0],
            "1 of 2 streams, 1590 rows, 1/s, 4 of 13 slices, about 68 min left");
  EXPECT_EQ(progress_lines(progress_, 5s, 3h, 79, 23)[0],
            "1 of 2 streams, 1590 rows, 0/s, 4 of 13 slices, about 6 h 45 min left");
}

TEST_F(ProgressOfTwo, IsCutAtTheWidthOfTheTerminal) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  for (const auto& line : progress_lines(progress_, 5s, 4s, 20, 23)) EXPECT_LE(display_width(line), 20U);
}

TEST_F(ProgressOfTwo, ShowsTheStreamsAtWorkIfTheOthersDoNotFit) {
  for (int i = 0; i < 24; ++i) progress_.emplace_back("waiting_" + std::to_string(i));
  progress_.back().status = StreamStatus::failed;
  const auto lines = progress_lines(progress_, 5s, 4s, 79, 23);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "2 of 26 streams, 1590 rows, 398/s, 4 of 13+ slices");
  EXPECT_EQ(lines[1].substr(0, 14), "messages_opens");
  EXPECT_EQ(lines[2].substr(0, 10), "waiting_23");
  EXPECT_EQ(lines[3], "and 1 complete, 23 others");
}

TEST_F(ProgressOfTwo, NeverHasMoreLinesThanTheTerminal) {
  for (int i = 0; i < 60; ++i) progress_.emplace_back("failed").status = StreamStatus::failed;
  for (size_t height = 2; height < 80; ++height) {
    const auto lines = progress_lines(progress_, 5s, 4s, 79, height);
    EXPECT_EQ(lines.size(), std::min<size_t>(height, 63));
  }
}

TEST_F(ProgressOfTwo, ASummaryHasTheTotals) {
  EXPECT_EQ(summary_line(progress_, counters_, 3s),
            "1 of 2 streams complete: 1590 rows in 3.0 s (530/s), 7 requests, 1 retries, 2.5 MB received");
}

TEST_F(ProgressOfTwo, ASummaryHasATableOfTheStreams) {
  progress_[1].status = StreamStatus::failed;
  progress_[1].ended_at = 2'500'000;
  EXPECT_EQ(summary_table(progress_),
            "STREAM             STATUS    ROWS  MB   SLICES  RETRIES  SECONDS\n"
            "messages_outbound  complete  1500  0.3  3/3     0        1.5\n"
            "messages_opens     failed    90    0.0  1/10    0        0.5\n");
}

TEST_F(ProgressOfTwo, ASummaryForMachinesHasTheSameNumbers) {
  const auto document = summary(run_, progress_);
  EXPECT_EQ(document.at("rows"), 1590U);
  EXPECT_EQ(document.at("counters").at("requests"), 7);
  EXPECT_EQ(document.at("run_id"), "id");
  EXPECT_EQ(document.at("connector"), "mail");
  EXPECT_EQ(document.at("connector_version"), "1.2");
  EXPECT_EQ(document.at("started_at"), "2026-11-23T12:00:00Z");
  EXPECT_EQ(document.at("ended_at"), "2026-11-23T12:00:03.250000Z");
  EXPECT_EQ(document.at("exit_code"), 0);
  EXPECT_EQ(
      json::serialize(document.at("streams").at(0)),
      R"({"stream":"messages_outbound","status":"complete","rows":1500,"bytes":300000,"rejected":0,"removed_nul":0,"slices_planned":3,"slices_done":3,)"
      R"("slice_retries":0,"seconds":1.5E0})");
  progress_[1].status = StreamStatus::partial;
  progress_[1].error = "partition x: the answer is not JSON";
  const auto failed = summary(run_, progress_).at("streams").at(1);
  EXPECT_EQ(failed.at("status"), "partial");
  EXPECT_EQ(failed.at("error"), "partition x: the answer is not JSON");
}

TEST_F(ProgressOfTwo, MetricsKeepTheTimeOfTheLastSuccess) {
  progress_[1].status = StreamStatus::failed;
  const auto good = prometheus_metrics(run_, progress_, "");
  EXPECT_NE(good.find("\ntapster_last_success_time_seconds{connector=\"mail\"} 1795435203.250\n"),
            std::string::npos)
      << good;
  EXPECT_NE(good.find("\ntapster_stream_rows{connector=\"mail\",stream=\"messages_outbound\"} 1500\n"),
            std::string::npos);
  EXPECT_NE(good.find("\ntapster_stream_complete{connector=\"mail\",stream=\"messages_opens\"} 0\n"),
            std::string::npos);
  EXPECT_NE(good.find("\ntapster_counter{connector=\"mail\",name=\"requests\"} 7\n"), std::string::npos);

  run_.exit_code = 5;
  run_.ended += 1h;
  const auto bad = prometheus_metrics(run_, progress_, good);
  EXPECT_NE(bad.find("\ntapster_run_exit_code{connector=\"mail\"} 5\n"), std::string::npos) << bad;
  EXPECT_NE(bad.find("\ntapster_run_end_time_seconds{connector=\"mail\"} 1795438803.250\n"),
            std::string::npos);
  EXPECT_NE(bad.find("\ntapster_last_success_time_seconds{connector=\"mail\"} 1795435203.250\n"),
            std::string::npos);
  EXPECT_EQ(prometheus_metrics(run_, progress_, "").find("last_success"), std::string::npos);
}

}  // namespace
}  // namespace tapster::host
