#include "report/metrics.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <regex>
#include <sstream>
#include <tapster/json.hpp>

#include "temporary.hpp"

namespace tapster::host {
namespace {

using namespace std::chrono_literals;

class MetricLines : public testing::Test {
 protected:
  MetricLines() {
    progress_.emplace_back("messages");
    progress_.emplace_back("opens");
    for (auto& stream : progress_) stream.status = StreamStatus::running;
  }

  // The metrics in the log, found as readers of a tap's log find them.
  std::vector<std::string> metrics() const {
    const std::regex line(R"(METRIC: (\{.*\}))");
    std::istringstream log(content(directory_.path() / "log"));
    std::vector<std::string> found;
    std::smatch match;
    for (std::string text; std::getline(log, text);) {
      if (std::regex_search(text, match, line)) found.push_back(match[1].str());
    }
    return found;
  }
  int64_t sum(const std::string& name, const std::string& stream) const {
    int64_t all = 0;
    for (const auto& text : metrics()) {
      const auto metric = json::parse(text);
      const auto* of = metric.at("tags").as_object().if_contains("stream");
      if (metric.at("metric") == json::value(name) && (stream.empty() || (of && *of == json::value(stream))))
        all += metric.at("value").to_number<int64_t>();
    }
    return all;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Clock> clock_ = fixed_clock({});
  int file_ = ::open(directory_.write("log", "").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  Log log_{*clock_, LogFormat::text, Level::info, file_};
  std::atomic<int64_t> requests_ = 0;  // the counter of the connector
  Metrics::Counters counters_ = [this] { return std::map<std::string, int64_t>{{"requests", requests_}}; };
  Progress progress_;
};

TEST_F(MetricLines, AStreamThatHasNotBegunHasNone) {
  for (auto& stream : progress_) stream.status = StreamStatus::waiting;
  { const Metrics metrics(progress_, counters_, *clock_, log_); }
  const auto found = metrics();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("job_duration"), std::string::npos) << found[0];
}

TEST_F(MetricLines, CountAndTimeAtTheEnd) {
  {
    const Metrics metrics(progress_, counters_, *clock_, log_);
    progress_[0].rows = 12;
    progress_[0].started_at = 1'000'000;
    progress_[0].ended_at = 2'500'000;
    progress_[0].status = StreamStatus::complete;
    progress_[1].status = StreamStatus::failed;
    requests_ += 5;
  }
  std::string all;
  for (const auto& metric : metrics()) all += metric + "\n";
  EXPECT_EQ(
      all,
      R"({"type":"counter","metric":"record_count","value":12,"tags":{"endpoint":"messages","stream":"messages"}}
{"type":"counter","metric":"record_count","value":0,"tags":{"endpoint":"opens","stream":"opens"}}
{"type":"counter","metric":"http_request_count","value":5,"tags":{}}
{"type":"timer","metric":"sync_duration","value":1.500000,"tags":{"endpoint":"messages","stream":"messages","status":"succeeded"}}
{"type":"timer","metric":"sync_duration","value":0.000000,"tags":{"endpoint":"opens","stream":"opens","status":"failed"}}
{"type":"timer","metric":"job_duration","value":0.000000,"tags":{"job_type":"sync","status":"failed"}}
)");
}

TEST_F(MetricLines, CountOnlyNewRowsEachTime) {
  {
    const Metrics metrics(progress_, counters_, *clock_, log_, 1ms);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    for (uint64_t rows = 1; sum("record_count", "messages") < 3; ++rows) {
      progress_[0].rows = std::min<uint64_t>(rows, 3);
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
    progress_[0].rows = 7;
    requests_ += 2;
  }
  EXPECT_EQ(sum("record_count", "messages"), 7);
  EXPECT_EQ(sum("http_request_count", ""), 2);
}

}  // namespace
}  // namespace tapster::host
