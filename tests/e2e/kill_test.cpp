// A run may end at any time; the next run continues. No row is missing, and files have no row twice.
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Kill : public EndToEnd {
 protected:
  void begin() {
    start({.messages = sanitized ? 3'000 : 9'000, .days = 40, .opens_per_hundred = 30});
    latency_ = 1ms;  // so that the program works between two requests
    configure(R"(,"lookback_days":0,"stats_lookback_days":0)");
    serve();
    expected_ = everything();
  }
  std::vector<std::string> to_files() {
    return {"--output", file("out"), "--state-file", file("state.json"), "--commit-interval", "0"};
  }

  // The files contain each row once. The exception is the last day of a stream that is read by days: that day
  // is not over, so each run reads it again, and its rows may repeat.
  void expect_files_to_hold_everything_once() {
    size_t doubled = 0;
    EXPECT_EQ(difference(expected_, tables_of_files(file("out"), doubled)), "");
    for (const auto& [stream, rows] : expected_) {
      size_t repeated = 0;
      Tables seen;
      for (const auto& line : lines_of(text_of_parts(file("out") + "/" + stream))) {
        auto row = json::parse(line).as_object();
        const bool is_of_the_last_day = is_by_day(stream) && row.at("date") == "2026-11-23";
        if (!upsert(seen, stream, std::move(row)) && !is_of_the_last_day) ++repeated;
      }
      EXPECT_EQ(repeated, 0U) << stream;
    }
    expect_nothing_left_behind();
  }
  void expect_nothing_left_behind() {
    for (const auto& entry : fs::recursive_directory_iterator(file("out"))) {
      const auto name = entry.path().filename().string();
      EXPECT_TRUE(!name.starts_with('.') || name == ".tapster-folder") << entry.path() << " was left behind";
    }
  }

  Tables expected_;
};

// Ignores a signal as long as it lives.
class IgnoredSignal {
 public:
  explicit IgnoredSignal(int number) : number_(number), before_(std::signal(number, SIG_IGN)) {}
  IgnoredSignal(const IgnoredSignal&) = delete;
  IgnoredSignal& operator=(const IgnoredSignal&) = delete;
  ~IgnoredSignal() { std::signal(number_, before_); }

 private:
  int number_;
  void (*before_)(int);
};

TEST_F(Kill, FilesHaveEveryRowOnceAfterManyKills) {
  begin();
  int killed = 0;
  int request = 1;
  for (; killed < 40; request += 5) {
    const auto finished = read_until(request, SIGKILL, to_files());
    if (finished.exit != 128 + SIGKILL) {
      EXPECT_EQ(finished.exit, 0) << finished.err;
      break;
    }
    ++killed;
  }
  EXPECT_GE(killed, 4);
  EXPECT_EQ(read(to_files()).exit, 0);
  expect_files_to_hold_everything_once();
}

TEST_F(Kill, AKillAtAnyRequestLosesNoRow) {
  begin();
  for (const int request : {2, 7, 13, 20, 28, 37, 47, 58}) {
    fs::remove_all(file("out"));
    fs::remove(file("state.json"));
    EXPECT_EQ(read_until(request, SIGKILL, to_files()).exit, 128 + SIGKILL) << request;
    const auto finished = read(to_files());
    EXPECT_EQ(finished.exit, 0) << finished.err;
    expect_files_to_hold_everything_once();
  }
}

// What was on the pipe and what comes after: every row at least once.
TEST_F(Kill, APipeHasEveryRowAtLeastOnceAfterManyKills) {
  begin();
  Tables all;
  size_t doubled = 0;
  int killed = 0;
  for (const int request : {6, 14, 22, 30}) {
    const auto finished =
        read_until(request, SIGKILL, {"--state-file", file("state.json"), "--commit-interval", "0"});
    killed += finished.exit == 128 + SIGKILL ? 1 : 0;
    // The last line may be cut off.
    const auto whole = finished.out.substr(0, finished.out.rfind('\n') + 1);
    merge(all, tables_of_singer(whole, doubled));
  }
  EXPECT_GE(killed, 2);
  const auto finished = read({"--state-file", file("state.json")});
  EXPECT_EQ(finished.exit, 0);
  merge(all, tables_of_singer(finished.out, doubled));
  EXPECT_EQ(difference(expected_, all), "");
}

TEST_F(Kill, OnSigtermTheStateIsWrittenAndTheNextRunContinues) {
  const IgnoredSignal hangup(SIGHUP);  // as under nohup
  begin();
  int states = 0;
  for (const auto& [signal, request] : {std::pair{SIGTERM, 3}, {SIGINT, 25}, {SIGHUP, 40}, {SIGTERM, 50}}) {
    // The only state is the last line. A run without a finished slice writes none.
    const auto stopped = read_until(request, signal, {"--commit-interval", "3600"});
    EXPECT_EQ(stopped.exit, 128 + signal) << stopped.err;
    EXPECT_TRUE(stopped.out.empty() || stopped.out.ends_with('\n'));
    const auto lines = lines_of(stopped.out);
    const bool has_state = !lines.empty() && lines.back().starts_with(R"({"type":"STATE")");
    states += has_state ? 1 : 0;
    write_file(file("singer.json"),
               has_state ? json::serialize(json::parse(lines.back()).at("value")) : "{}");
    size_t doubled = 0;
    auto all = tables_of_singer(stopped.out, doubled);
    EXPECT_EQ(doubled, 0U);
    const auto finished = read({"--state", file("singer.json")});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    merge(all, tables_of_singer(finished.out, doubled));
    EXPECT_EQ(difference(expected_, all), "") << request;
  }
  EXPECT_GE(states, 1);
}

TEST_F(Kill, AfterSigtermTheNextRunContinuesTheFiles) {
  begin();
  int stopped = 0;
  for (const int request : {4, 16, 33}) {
    const auto finished = read_until(request, SIGTERM, to_files());
    const bool is_stopped = finished.exit == 128 + SIGTERM;
    EXPECT_TRUE(is_stopped || finished.exit == 0) << finished.err;
    stopped += is_stopped ? 1 : 0;
    expect_nothing_left_behind();
  }
  EXPECT_GE(stopped, 2);
  EXPECT_EQ(read(to_files()).exit, 0);
  expect_files_to_hold_everything_once();
}

// A source that does not answer does not delay the end.
TEST_F(Kill, SigtermEndsARunWhoseSourceStalls) {
  begin();
  server_->inject(sandbox::parse_fault("/:every=9:stall"));
  const auto before = std::chrono::steady_clock::now();
  const auto stopped = read_until(9, SIGTERM, {"--jobs", "1"});
  EXPECT_EQ(stopped.exit, 128 + SIGTERM) << stopped.err;
  EXPECT_LT(std::chrono::steady_clock::now() - before, 25s) << "a stall is given up after 30 s";
}

TEST_F(Kill, ASecondRunOnTheSameStateFileIsRefused) {
  begin();
  std::mutex mutex;
  std::condition_variable changed;
  bool is_held = false;
  bool is_free = false;
  server_->on_request([&](const std::string&) {
    std::unique_lock lock(mutex);
    is_held = true;
    changed.notify_all();
    changed.wait(lock, [&] { return is_free; });
  });
  Process first(paths::tapster, read_arguments(to_files()), run_options());
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 60s, [&] { return is_held; }));
  }
  const auto second = read({"--state-file", file("state.json")});
  EXPECT_EQ(second.exit, 2);
  EXPECT_EQ(second.out, "");
  EXPECT_NE(second.err.find(file("state.json") + ": another run is using this state file"), std::string::npos)
      << second.err;
  {
    const std::lock_guard lock(mutex);
    is_free = true;
  }
  changed.notify_all();
  EXPECT_EQ(first.wait().exit, 0);
  serve();
  EXPECT_EQ(read(to_files()).exit, 0) << "the file is free again";
  expect_files_to_hold_everything_once();
}

// As after a machine that went down between the two: longer parts than the state knows of, and others that it
// does not.
TEST_F(Kill, BytesAfterTheCommittedOnesAreTruncated) {
  begin();
  // One job makes its requests in the same order each time, and has written the rows of those before. The
  // last request is for the second page; the plan has made seven, or six of fewer rows.
  auto one_stream = to_files();
  one_stream.insert(one_stream.end(), {"--jobs", "1", "--select", "messages_opens"});
  ASSERT_EQ(read_until(sanitized ? 8 : 9, SIGKILL, one_stream).exit, 128 + SIGKILL);
  int grown = 0;
  for (const auto& entry : fs::recursive_directory_iterator(file("out"))) {
    if (!entry.path().filename().string().starts_with(".messages_")) continue;
    write_file(entry.path(), content(entry.path()) + R"({"message_id":"not a whole )");
    ++grown;
  }
  EXPECT_EQ(grown, 1);
  for (const auto* name : {".aside-000007", ".messages_opens-20261123T171200Z-000999.part"})
    write_file(file("out") + "/messages_opens/" + name, "{}\n");
  write_file(file("state.json.new"), R"({"bookmarks":{"messages_outb)");
  EXPECT_EQ(read(to_files()).exit, 0);
  expect_files_to_hold_everything_once();
}

TEST_F(Kill, FilesThatDoNotBelongToTheStateAreRefused) {
  begin();
  EXPECT_EQ(read(to_files()).exit, 0);
  const auto whole = text_of_parts(file("out"));
  fs::remove(file("state.json"));
  const auto finished = read(to_files());
  EXPECT_EQ(finished.exit, 2);
  EXPECT_NE(finished.err.find("the state file does not know it"), std::string::npos) << finished.err;
  EXPECT_EQ(text_of_parts(file("out")), whole) << "nothing is touched";
}

// Loaders move finished files away, and want compressed files of a given size.
TEST_F(Kill, SmallCompressedFilesHaveEveryRowOnceAfterManyKills) {
  begin();
  for (const auto* compression : {"gzip", "zstd"}) {
    fs::remove_all(file("out"));
    fs::remove(file("state.json"));
    auto arguments = to_files();
    arguments.insert(arguments.end(), {"--compress", compression, "--max-file-rows", "700"});
    int killed = 0;
    for (const int request : {12, 19, 31})
      killed += read_until(request, SIGKILL, arguments).exit == 128 + SIGKILL ? 1 : 0;
    EXPECT_EQ(killed, 3);
    EXPECT_EQ(read(arguments).exit, 0);
    size_t doubled = 0;
    EXPECT_EQ(difference(expected_, tables_of_files(file("out"), doubled)), "");
    EXPECT_EQ(lines_of(text_of_parts(file("out") + "/messages_outbound")).size(),
              expected_.at("messages_outbound").size());
    EXPECT_GE(parts_of(file("out") + "/messages_outbound").size(),
              expected_.at("messages_outbound").size() / 700);
    expect_nothing_left_behind();
  }
}

}  // namespace
}  // namespace tapster::e2e
