// The connector of bulk/, against a service that breaks off downloads and loses exports. The rows of the
// files are compared one by one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <thread>
#include <vector>

#include "bulk/server/bulk.hpp"
#include "paths.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "tables.hpp"

namespace tapster::connectors {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* create = "POST /exports";

// A row of the connector.
std::string json_row(int64_t number) {
  auto time = row_time(number);
  time.insert(time.size() - 1, ".000000");
  return fmt::format(R"({{"id":{},"changed_at":"{}","name":"Ann \"{:09}\"\r\nNäher, Ltd",)"
                     R"("score":{}.50,"active":{},"note":"{:0>90}"}})",
                     number, time, number, number + 100'000'000, number % 2 == 0 ? "true" : "false", number);
}

class Bulk : public testing::Test {
 protected:
  void serve(int64_t rows) {
    rows_ = rows;
    server_ = std::make_unique<BulkServer>(rows);
    const json::object config{
        {"token", BulkServer::token}, {"start_date", "2026-01-01"}, {"base_url", server_->base_url()}};
    write_file(file("config.json"), json::serialize(config));
  }
  [[nodiscard]] std::string file(std::string_view name) const { return directory_ / name; }

  // Starts a run that writes files. `process_` is its id while it runs.
  std::unique_ptr<Process> start(const Arguments& more = {}) {
    process_ = 0;
    Arguments all{"read",
                  "bulk",
                  "--plugin-dir",
                  fmt::format("{}/bulk", paths::connectors),
                  "--config",
                  file("config.json"),
                  "--output",
                  file("out"),
                  "--state-file",
                  file("state.json"),
                  "--commit-interval",
                  "0"};
    all.insert(all.end(), more.begin(), more.end());
    auto process = std::make_unique<Process>(
        paths::tapster, all, ProcessOptions{.environment = {{"TAPSTER_NOW", "2026-04-01T00:00:00Z"}}});
    process_ = process->id();
    return process;
  }
  Finished read(const Arguments& more = {}) { return start(more)->wait(); }

  // Kills the run. Called by the server, which may be faster than the start.
  void kill() {
    while (process_ == 0) std::this_thread::yield();
    ::kill(process_, SIGKILL);
  }

  // Expects the rows 1, 2, 3, … in the files, each once.
  void expect_all_rows() const {
    EXPECT_EQ(line_difference(file("out"), rows_, json_row), "");
    EXPECT_NE(content(file("state.json")).find(R"("changed_at":"2026-04-01T00:00:00Z")"), std::string::npos)
        << content(file("state.json"));
    EXPECT_EQ(content(file("state.json")).find("pending_exports"), std::string::npos);
  }

  TemporaryDirectory directory_;
  int64_t rows_ = 0;
  // What the server's threads use, until the server is destroyed:
  std::atomic<pid_t> process_ = 0;
  std::atomic<int> troubles_ = 0;  // that were made
  std::atomic<bool> is_limited_ = false, is_expired_ = false, is_stalled_ = false, is_over_ = false;
  std::atomic<double> peak_ = 0;
  std::unique_ptr<BulkServer> server_;
};

// TAPSTER_BULK_ROWS=6000000 is a gigabyte.
TEST_F(Bulk, ALargeExportTakesLittleMemory) {
  const char* rows = std::getenv("TAPSTER_BULK_ROWS");
  serve(rows ? std::strtoll(rows, nullptr, 10) : 300'000);
  server_->on_piece([this](int64_t sent) {
    if (sent == server_->file_size()) peak_ = peak_memory(process_);
    return true;
  });
  const auto began = std::chrono::steady_clock::now();
  const auto finished = read();
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  std::printf("%.0f MB in %.1f s with %.1f MiB\n", static_cast<double>(server_->file_size()) / 1e6, seconds,
              peak_.load());
  EXPECT_GT(server_->file_size(), 48'000'000) << "the peak would prove nothing";
  EXPECT_GT(peak_, 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which take memory of their own
  EXPECT_LT(peak_, 32);
#endif
  expect_all_rows();
  EXPECT_EQ(finished.err.find(BulkServer::signature), std::string::npos);
}

TEST_F(Bulk, ADownloadThatBreaksOffIsCompleted) {
  serve(20'000);
  server_->on_piece([this](int64_t sent) {
    if (troubles_ < 2 && sent > server_->file_size() * (troubles_ + 1) / 3) return ++troubles_, false;
    return true;
  });
  const auto finished = read({"-v"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(troubles_, 2);
  EXPECT_EQ(server_->count("GET /files/1"), 3);
  EXPECT_EQ(server_->count(create), 1);
  expect_all_rows();
  EXPECT_EQ(finished.err.find(BulkServer::signature), std::string::npos) << finished.err;
}

// A kill at request 1 comes before the export is created. After a later kill the next run continues the same
// export.
TEST_F(Bulk, AKillAtAnyRequestCreatesNoSecondExport) {
  for (int at = 1; at <= 5; ++at) {
    SCOPED_TRACE(at);
    fs::remove_all(file("out"));
    fs::remove(file("state.json"));
    serve(5'000);
    troubles_ = 0;
    server_->on_request([this, at](const std::string&, int number) -> std::optional<std::string> {
      if (number != at || troubles_ > 0) return std::nullopt;
      ++troubles_;
      kill();
      return BulkServer::response("503 Killed", "");
    });
    const auto first = read();
    EXPECT_EQ(first.exit, at <= 4 ? 128 + SIGKILL : 0) << first.err;
    const auto created = server_->count(create);
    EXPECT_EQ(created, 1);
    const auto second = read();
    EXPECT_EQ(second.exit, 0) << second.err;
    // The request that was killed had no effect. After a run that ended, the next one reads nothing new.
    EXPECT_EQ(server_->count(create), at == 1 ? 2 : 1);
    expect_all_rows();
  }
}

// The download starts again after each kill, but what was written is kept: the server kills the second and
// the third run after the state has moved.
TEST_F(Bulk, AKillInTheDownloadCreatesNoSecondExport) {
  serve(20'000);
  std::mutex mutex;
  std::string before;  // the state in which the run began; under mutex
  server_->on_piece([this, &mutex, &before](int64_t sent) {
    if (troubles_ == 3 || sent < server_->file_size() * troubles_ / 3) return true;
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    const auto has_moved = [&] {
      const auto state = content(file("state.json"));
      const std::lock_guard lock(mutex);
      return state != before && state.find(R"("reached")") != std::string::npos;
    };
    while (troubles_ > 0 && !has_moved() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    ++troubles_;
    return kill(), false;
  });
  for (int i = 0; i < 3; ++i) {
    const auto begin = content(file("state.json"));
    {
      const std::lock_guard lock(mutex);
      before = begin;
    }
    EXPECT_EQ(read().exit, 128 + SIGKILL);
    const auto state = content(file("state.json"));
    EXPECT_EQ(state.find(R"("reached")") != std::string::npos, i > 0) << state;
    if (i > 0) {
      EXPECT_NE(state, begin);
    }
  }
  const auto last = read();
  EXPECT_EQ(last.exit, 0) << last.err;
  EXPECT_EQ(server_->count(create), 1);
  expect_all_rows();
}

TEST_F(Bulk, AnExportThatWasLostIsCreatedAgain) {
  serve(5'000);
  server_->on_piece([this](int64_t) {
    if (troubles_++ > 0) return true;
    return kill(), false;
  });
  EXPECT_EQ(read().exit, 128 + SIGKILL);
  server_->lose_exports();
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_NE(finished.err.find("it is created again"), std::string::npos) << finished.err;
  EXPECT_EQ(server_->count(create), 2);
  expect_all_rows();
}

TEST_F(Bulk, AnExportThatFailsIsCreatedAgain) {
  serve(5'000);
  server_->fail_next();
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_NE(finished.err.find("export 1: its status is \"failed\": out of paper; it is created again"),
            std::string::npos)
      << finished.err;
  expect_all_rows();
}

TEST_F(Bulk, LimitsAndExpiredUrlsDelayIt) {
  serve(5'000);
  server_->on_request([this](const std::string& request, int) -> std::optional<std::string> {
    if (request == "GET /exports/1" && !is_limited_.exchange(true))
      return BulkServer::response("429 Slow Down", "{}", "Retry-After: 1\r\n");
    if (request == "GET /files/1" && !is_expired_.exchange(true)) server_->expire_urls();
    return std::nullopt;
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(server_->count("GET /exports/1"), 4) << "one that was refused, two, and one for another URL";
  EXPECT_EQ(server_->count("GET /files/1"), 2);
  EXPECT_EQ(server_->count(create), 1);
  expect_all_rows();
}

TEST_F(Bulk, ASignalEndsADownloadThatStalls) {
  serve(20'000);
  server_->on_piece([this](int64_t sent) {
    if (sent == 0) return true;
    is_stalled_ = true;
    while (!is_over_) std::this_thread::sleep_for(10ms);
    return false;
  });
  const auto process = start();
  while (!is_stalled_ && !process->ends_within(1ms)) continue;
  process->signal(SIGTERM);
  EXPECT_TRUE(process->ends_within(5s));
  is_over_ = true;
  const auto finished = process->wait();
  EXPECT_EQ(finished.exit, 128 + SIGTERM);
  EXPECT_EQ(finished.err.find("has not returned"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace tapster::connectors
