// The two outputs that write to a pipe: their lines, byte for byte.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "output/output.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

class PipeOutput : public testing::Test {
 protected:
  PipeOutput() : file_(::open((directory_.path() / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    streams_.push_back({.name = "messages",
                        .alias = "mail \"é\"",
                        .schema = {{"type", "object"}},
                        .key_properties = {"id", "at"},
                        .replication_key = "at",
                        .columns = {}});
    streams_.push_back({.name = "list",
                        .alias = "list",
                        .schema = {},
                        .key_properties = {},
                        .replication_key = {},
                        .columns = {}});
  }
  ~PipeOutput() override { ::close(file_); }

  static void write(Output& output, size_t stream, const std::string& lines, size_t count,
                    int64_t extracted_at) {
    const tapster_batch batch{sizeof batch, lines.data(), lines.size(), count, extracted_at};
    ASSERT_TRUE(output.write({stream, 0}, batch));
  }
  [[nodiscard]] std::string written() const { return content(directory_ / "out"); }

  TemporaryDirectory directory_;
  int file_;
  std::unique_ptr<Clock> clock_ = fixed_clock(from_unix_micros(1'500'000));
  std::vector<SelectedStream> streams_;
  State state_;
};

TEST_F(PipeOutput, SingerWritesASchemaBeforeTheFirstRecord) {
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  EXPECT_EQ(written(), "");
  write(*output, 0, "{\"id\":1}\n{\"id\":2}\n", 2, 1'000'001);
  EXPECT_EQ(
      written(),
      R"({"type":"SCHEMA","stream":"mail \"é\"","schema":{"type":"object"},"key_properties":["id","at"],"bookmark_properties":["at"]})"
      "\n"
      R"({"type":"RECORD","stream":"mail \"é\"","record":{"id":1},"time_extracted":"1970-01-01T00:00:01.000001Z"})"
      "\n"
      R"({"type":"RECORD","stream":"mail \"é\"","record":{"id":2},"time_extracted":"1970-01-01T00:00:01.000001Z"})"
      "\n");
}

TEST_F(PipeOutput, SingerUsesTheClockIfABatchHasNoTime) {
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  write(*output, 1, "{}\n", 1, 0);
  EXPECT_NE(written().find(R"("time_extracted":"1970-01-01T00:00:01.500000Z")"), std::string::npos);
}

TEST_F(PipeOutput, SingerWritesASchemaForAStreamThatEndsWithoutARecord) {
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  ASSERT_TRUE(output->end(0, false));
  EXPECT_EQ(written(), "");
  ASSERT_TRUE(output->end(1, true));
  EXPECT_EQ(written(), R"({"type":"SCHEMA","stream":"list","schema":{},"key_properties":[]})"
                       "\n");
}

TEST_F(PipeOutput, SingerWritesANonEmptyState) {
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  ASSERT_TRUE(output->commit(state_));
  EXPECT_EQ(written(), "");
  state_.set_bookmark("messages", R"({"at":7})");
  ASSERT_TRUE(output->commit(state_));
  EXPECT_EQ(written(), R"({"type":"STATE","value":{"bookmarks":{"messages":{"at":7}}}})"
                       "\n");
}

TEST_F(PipeOutput, SingerActivatesTheVersionOfAFullTableStreamAtItsEnd) {
  streams_[1].version = 1'700'000'000'123;
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  write(*output, 1, "{\"id\":1}\n", 1, 1'000'001);
  ASSERT_TRUE(output->end(1, true));
  EXPECT_EQ(
      written(),
      R"({"type":"SCHEMA","stream":"list","schema":{},"key_properties":[]})"
      "\n"
      R"({"type":"RECORD","stream":"list","record":{"id":1},"time_extracted":"1970-01-01T00:00:01.000001Z","version":1700000000123})"
      "\n"
      R"({"type":"ACTIVATE_VERSION","stream":"list","version":1700000000123})"
      "\n");
}

TEST_F(PipeOutput, SingerActivatesAFirstReadBeforeItsRowsToo) {
  streams_[1].version = 7;
  streams_[1].is_first_read = true;
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  ASSERT_TRUE(output->end(1, true));  // without a row: the rows of earlier runs must be removed
  EXPECT_EQ(written(), R"({"type":"SCHEMA","stream":"list","schema":{},"key_properties":[]})"
                       "\n"
                       R"({"type":"ACTIVATE_VERSION","stream":"list","version":7})"
                       "\n"
                       R"({"type":"ACTIVATE_VERSION","stream":"list","version":7})"
                       "\n");
}

TEST_F(PipeOutput, SingerDoesNotActivateAnIncompleteStream) {
  streams_[1].version = 7;
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  write(*output, 1, "{\"id\":1}\n", 1, 1'000'001);
  ASSERT_TRUE(output->end(1, false));
  EXPECT_EQ(written().find("ACTIVATE_VERSION"), std::string::npos);
}

TEST_F(PipeOutput, SingerRepeatsAStateOnlyAfterRows) {
  const auto output = singer_output(file_, *clock_);
  ASSERT_TRUE(output->start(streams_, state_));
  state_.set_bookmark("messages", R"({"at":7})");
  const std::string line = R"({"type":"STATE","value":{"bookmarks":{"messages":{"at":7}}}})"
                           "\n";
  ASSERT_TRUE(output->commit(state_));
  ASSERT_TRUE(output->commit(state_));
  EXPECT_EQ(written(), line);
  write(*output, 0, "{\"id\":1}\n", 1, 1'000'001);
  ASSERT_TRUE(output->commit(state_));
  ASSERT_TRUE(output->commit(state_));
  EXPECT_TRUE(written().ends_with("Z\"}\n" + line));
}

TEST_F(PipeOutput, JsonLinesNameTheStream) {
  const auto output = jsonl_output(file_);
  ASSERT_TRUE(output->start(streams_, state_));
  write(*output, 0, "{\"id\":1}\n", 1, 0);
  ASSERT_TRUE(output->commit(state_));
  ASSERT_TRUE(output->end(0, true));
  EXPECT_EQ(written(), R"({"stream":"mail \"é\"","record":{"id":1}})"
                       "\n");
}

TEST_F(PipeOutput, ABatchOfAnySizeIsWrittenCompletely) {
  const auto output = jsonl_output(file_);
  ASSERT_TRUE(output->start(streams_, state_));
  std::string lines;
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    const auto record = "{\"id\":" + std::to_string(i) + "}";
    lines += record + "\n";
    expected += "{\"stream\":\"list\",\"record\":" + record + "}\n";
  }
  write(*output, 1, lines, 20'000, 0);
  EXPECT_EQ(written(), expected);
}

}  // namespace
}  // namespace tapster::host
