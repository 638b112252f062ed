// What the tests of the sync share: a sync of a connector that the test scripts.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "output/files/file_output.hpp"
#include "sync/sync.hpp"
#include "sync/sync_script.hpp"
#include "temporary.hpp"

namespace tapster::host {

// Waits for the sync's threads. Fails the test if they take too long.
template <class Condition>
void wait_until(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
}

class Syncing : public testing::Test {
 protected:
  struct Ended {
    Exit exit = Exit::done;
    std::vector<json::object> messages;  // of Singer
  };

  void use(const std::vector<std::string>& names) {
    streams_.clear();
    for (const auto& name : names) {
      streams_.push_back({.name = name,
                          .alias = name,
                          .schema = {{"type", "object"}},
                          .key_properties = {"id"},
                          .replication_key = "id",
                          .columns = {}});
    }
  }

  Exit run(Output& output, const StateFile* state_file = nullptr, State start = {}, int jobs = 4) {
    const auto table = script_connector(source_);
    HostServices services(*clock_, log_, "script");
    auto source = Source::open(Connector(&table), {}, services);
    EXPECT_TRUE(source);
    cancel_ = [&source] { source->cancel(); };
    progress_.clear();
    for (const auto& stream : streams_) progress_.emplace_back(stream.name);
    const SyncOptions options{.jobs = jobs,
                              .since = {},
                              .until = {},
                              .validate = validate_,
                              .attempts = 3,
                              .commit_interval = commit_interval_};
    const auto ended = sync({*source, services, log_, output, state_file, progress_, rejects_, shard_},
                            streams_, options, std::move(start));
    return ended ? Exit::done : ended.error().exit;
  }

  // A run that writes Singer messages to a file.
  Ended run_singer(int jobs = 4, State start = {}) {
    const auto path = directory_.path() / "singer";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    Ended ended;
    ended.exit = run(*singer_output(file, *clock_), nullptr, std::move(start), jobs);
    ::close(file);
    for (const auto& line : lines_of(content(path))) ended.messages.push_back(json::parse(line).as_object());
    return ended;
  }

  // Checks that records come before the states that cover them. Returns the bookmarks of the last state.
  std::string check_order(const Ended& ended) {
    std::map<std::string, std::set<int64_t>> written;
    std::set<std::string> schemas;
    std::string last = "none";
    for (const auto& message : ended.messages) {
      if (message.at("type") == "SCHEMA") schemas.insert(json::value_to<std::string>(message.at("stream")));
      if (message.at("type") == "RECORD") {
        const auto stream = json::value_to<std::string>(message.at("stream"));
        EXPECT_TRUE(schemas.contains(stream));
        written[stream].insert(message.at("record").at("id").as_int64());
      }
      if (message.at("type") != "STATE") continue;
      last = json::serialize(message.at("value").at("bookmarks"));
      for (const auto& [stream, bookmark] : message.at("value").at("bookmarks").as_object()) {
        for (const auto& [part, last_done] : bookmark.as_object()) {
          for (int64_t n = 0; n <= last_done.as_int64(); ++n) {
            if (part_of(source_, n) != part) continue;
            EXPECT_TRUE(written[std::string(stream)].contains(n)) << stream << " " << n;
          }
        }
      }
    }
    return last;
  }

  static size_t count(const Ended& ended, std::string_view type) {
    return static_cast<size_t>(
        std::count_if(ended.messages.begin(), ended.messages.end(),
                      [&](const json::object& message) { return message.at("type") == json::string(type); }));
  }

  // How often the log says this.
  [[nodiscard]] size_t said(const std::string& words) const {
    const auto log = content(directory_.path() / "log");
    size_t count = 0;
    for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) ++count;
    return count;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Clock> clock_ = fixed_clock(from_unix_micros(1'000'000));
  const int log_file_ =
      ::open((directory_.path() / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  Log log_{*clock_, LogFormat::text, Level::debug, log_file_};
  std::vector<SelectedStream> streams_;
  tapster_source source_;
  std::chrono::milliseconds commit_interval_{0};
  bool validate_ = false;
  Progress progress_;
  Rejects* rejects_ = nullptr;
  const Shard* shard_ = nullptr;
  std::function<void()> cancel_;
};

}  // namespace tapster::host
