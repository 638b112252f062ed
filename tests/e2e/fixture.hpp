// A sandbox with its data, and runs of the program against it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <tapster/time.hpp>
#include <thread>

#include "expected.hpp"
#include "paths.hpp"
#include "server.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::e2e {

// The time of every run: twelve minutes after noon in New York, some weeks after the autumn change of the
// clock.
inline constexpr std::string_view now_text = "2026-11-23T17:12:00Z";
inline constexpr std::string_view start_text = "2026-10-20";

// The sanitizers make everything some ten times slower, and find as much in fewer rows and in one case of
// several.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

inline sandbox::Time at(std::string_view text) {
  return std::chrono::floor<sandbox::Ticks>(*parse_time(text));
}

class EndToEnd : public testing::Test {
 protected:
  // The sandbox's data: 3,000 messages over 40 days unless the test wants others.
  void start(sandbox::AccountOptions account = {.messages = 3'000, .days = 40},
             sandbox::ApiOptions api = {}) {
    server_.reset();  // a test may start more than once
    account.now = at(now_);
    account_ = std::make_unique<sandbox::Account>(account);
    api_ = std::make_unique<sandbox::Api>(*account_, api);
    serve();
  }

  // Restarts the sandbox's server: on another port, without faults, observers and recorded requests.
  void serve() {
    server_.reset();
    server_ = std::make_unique<sandbox::Server>(*api_, sandbox::ServerOptions{.latency = latency_});
    configure(more_);
  }

  // Writes the config; `more` are further members, `,"lookback_days":0`.
  void configure(std::string_view more = "") {
    more_ = more;
    write_file(directory_ / "config.json", R"({"postmark_server_token":"sandbox-token","start_date":")" +
                                               first_day_ + R"(","base_url":")" + server_->base_url() + "\"" +
                                               more_ + "}");
  }

  // Writes catalog.json, which selects this stream alone, as a full table.
  void write_full_table_catalog(const char* stream) {
    const auto discovered = run({"discover", "postmark", "--config", file("config.json")});
    auto catalog = json::parse(discovered.out);
    for (auto& entry : catalog.at("streams").as_array()) {
      auto& root = entry.at("metadata").at(0).at("metadata").as_object();
      root["selected"] = entry.at("tap_stream_id") == stream;
      root["replication-method"] = "FULL_TABLE";
    }
    write_file(file("catalog.json"), json::serialize(catalog));
  }

  // The arguments of `tapster read postmark --config …` and these.
  [[nodiscard]] std::vector<std::string> read_arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"read", "postmark", "--config", directory_ / "config.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  // A run of a program at the time of the sandbox.
  [[nodiscard]] ProcessOptions run_options() const { return {.environment = {{"TAPSTER_NOW", now_}}}; }

  Finished run(const Arguments& arguments) { return run_program(paths::tapster, arguments, run_options()); }
  Finished read(std::vector<std::string> more = {}) { return run(read_arguments(std::move(more))); }

  // A read that gets this signal at its n-th request, or never if it makes fewer.
  Finished read_until(int request, int signal, std::vector<std::string> more) {
    std::atomic<int> made = 0;
    std::atomic<pid_t> program = 0;
    server_->on_request([&](const std::string&) {
      if (++made != request) return;
      while (program == 0) std::this_thread::yield();
      ::kill(program, signal);
    });
    Process process(paths::tapster, read_arguments(std::move(more)), run_options());
    program = process.id();
    auto finished = process.wait();
    serve();  // ends the connections, which may still be at the observer
    return finished;
  }

  // Runs the program at the machine's clock, which the waits need, and expects that it starts `least`
  // requests or more, the n-th not before n intervals have passed. A request may be late.
  Finished expect_paced(const Arguments& arguments, std::chrono::milliseconds interval, size_t least) {
    using Clock = std::chrono::steady_clock;
    struct Seen {
      std::mutex mutex;
      std::vector<Clock::time_point> moments;
    };
    const auto seen = std::make_shared<Seen>();  // a connection may outlive the call
    server_->on_request([seen](const std::string&) {
      const std::lock_guard lock(seen->mutex);
      seen->moments.push_back(Clock::now());
    });
    const auto began = Clock::now();
    auto finished = run_program(paths::tapster, arguments);
    EXPECT_EQ(finished.exit, 0) << finished.err;
    const std::lock_guard lock(seen->mutex);
    EXPECT_GE(seen->moments.size(), least);
    for (size_t i = 0; i < seen->moments.size(); ++i) EXPECT_GE(seen->moments[i] - began, i * interval) << i;
    return finished;
  }

  // The bookmarks in a state, without those of full reads, which have only a version. Shards do not have
  // these.
  static json::object incremental_bookmarks(std::string_view state) {
    json::object incremental;
    const auto parsed = json::parse(state);
    for (const auto& [stream, bookmark] : parsed.at("bookmarks").as_object())
      if (!bookmark.as_object().contains("version")) incremental[stream] = bookmark;
    EXPECT_GT(incremental.size(), 10U);
    return incremental;
  }

  // Moves the clock of the sandbox and of the runs, and restarts the server.
  void set_now(std::string_view now) {
    now_ = now;
    server_.reset();
    account_->set_now(at(now));
    serve();
  }
  void set_now(sandbox::Time now) {
    set_now(format_time(std::chrono::floor<std::chrono::microseconds>(now)));
  }

  // All rows up to the newest minute, which a sync leaves to the next one.
  [[nodiscard]] Tables everything(bool has_read_time = true) const {
    return expected_tables(*account_, first_day_, at(now_) - std::chrono::minutes(1), has_read_time);
  }

  [[nodiscard]] std::string file(std::string_view name) const { return directory_ / name; }

  TemporaryDirectory directory_;
  std::string more_;
  std::chrono::milliseconds latency_{};  // of the next server's answers
  std::string first_day_{start_text};
  std::string now_{now_text};
  std::unique_ptr<sandbox::Account> account_;
  std::unique_ptr<sandbox::Api> api_;
  std::unique_ptr<sandbox::Server> server_;
};

}  // namespace tapster::e2e
