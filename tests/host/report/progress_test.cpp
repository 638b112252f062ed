#include "report/progress.hpp"

#include <gtest/gtest.h>
#include "report/progress_display.hpp"
#include "report/summary.hpp"

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
};

TEST_F(ProgressOfTwo, HasALinePerStreamWithRowsRateAndSlices) {
  EXPECT_EQ(
      progress_lines(progress_, 5s, 79),
      (std::vector<std::string>{"messages_outbound       1500 rows     1000/s    3/3 slices  complete",
                                "messages_opens            90 rows       30/s    1/10 slices  running"}));
}

TEST_F(ProgressOfTwo, IsCutAtTheWidthOfTheTerminal) {
  for (const auto& line : progress_lines(progress_, 5s, 20)) EXPECT_EQ(line.size(), 20U);
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
  const auto document = summary(progress_, counters_, 3s);
  EXPECT_EQ(document.at("rows"), 1590U);
  EXPECT_EQ(document.at("counters").at("requests"), 7);
  EXPECT_EQ(
      json::serialize(document.at("streams").at(0)),
      R"({"stream":"messages_outbound","status":"complete","rows":1500,"bytes":300000,"rejected":0,"slices_planned":3,"slices_done":3,)"
      R"("slice_retries":0,"seconds":1.5E0})");
  progress_[1].status = StreamStatus::partial;
  progress_[1].error = "partition x: the answer is not JSON";
  const auto failed = summary(progress_, counters_, 3s).at("streams").at(1);
  EXPECT_EQ(failed.at("status"), "partial");
  EXPECT_EQ(failed.at("error"), "partition x: the answer is not JSON");
}

}  // namespace
}  // namespace tapster::host
