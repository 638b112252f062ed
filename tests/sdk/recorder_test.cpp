// When exchanges are written. What they contain, and their replay: tests/testing/replay_test.cpp.
#include "recorder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <tapster/testing/fake_host.hpp>

#include "support/files.hpp"
#include "support/temporary_directory.hpp"

namespace tapster {
namespace {

class Recorders : public testing::Test {
 protected:
  // Makes a request whose response has this many bytes.
  Result<HttpResponse> send(std::size_t bytes) {
    const auto transport = recorded(Host(recorder_->host()), [&](const HttpRequest&, const std::string&) {
      HttpResponse response;
      response.body = std::string(bytes, 'x');
      return Result<HttpResponse>(response);
    });
    return transport({Method::get, Target("/items")}, "https://api.example.com/items");
  }
  [[nodiscard]] auto files() const {
    return std::distance(std::filesystem::directory_iterator(directory_ / "recorded"), {});
  }

  TemporaryDirectory directory_;
  FakeHost fake_;
  std::unique_ptr<Recorder> recorder_ =
      *Recorder::create(directory_ / "recorded", fake_.table(), {}, {}, 1'000);
};

TEST_F(Recorders, LeaveTheUsersLimitToTheHost) {
  fake_.limit_requests(std::chrono::seconds(10));
  const Host host(recorder_->host());
  ASSERT_TRUE(host.start_request());
  ASSERT_TRUE(host.start_request());
  EXPECT_EQ(fake_.request_starts().size(), 2U);
  EXPECT_EQ(host.monotonic(), std::chrono::seconds(10));
}

TEST_F(Recorders, KeepExchangesUntilTheEnd) {
  ASSERT_TRUE(send(400));
  ASSERT_TRUE(send(600));
  EXPECT_EQ(files(), 0);
  recorder_.reset();
  EXPECT_EQ(files(), 2);
}

TEST_F(Recorders, WriteTheOldestIfTooManyBytesWait) {
  ASSERT_TRUE(send(400));
  ASSERT_TRUE(send(600));
  ASSERT_TRUE(send(300));
  EXPECT_EQ(files(), 1);
  EXPECT_NE(content(directory_ / "recorded/000001.json").find(std::string(400, 'x') + "\""),
            std::string::npos);
  ASSERT_TRUE(send(2'000));
  EXPECT_EQ(files(), 4);
}

TEST_F(Recorders, FailIfTheDirectoryIsGone) {
  std::filesystem::remove(directory_ / "recorded");
  const auto sent = send(2'000);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().status, Status::config);
  EXPECT_EQ(sent.error().message, "TAPSTER_RECORD: cannot write " +
                                      (directory_ / "recorded/000001.json").string() +
                                      ": No such file or directory");
  ASSERT_TRUE(send(1));
  recorder_.reset();
  EXPECT_EQ(fake_.logs(TAPSTER_LOG_WARNING).size(), 1U);
}

}  // namespace
}  // namespace tapster
