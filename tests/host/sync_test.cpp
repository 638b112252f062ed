// The engine, driven through the ABI by a connector that does what each test says.
#include "sync.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <set>
#include <sstream>
#include <thread>

#include "temporary.hpp"

// What the connector of these tests does. Slices are {"n":0}, {"n":1}, ...; a slice's record is {"id":n}; the
// state is {"done":n}, and with partitions has such a number for each by its name. What is set here is called
// on the way, and may answer another status.
struct tapster_source {
  int slices = 3;
  std::function<std::string(int64_t n)> partition;  // of a slice, where slices are to have one
  // When a slice's record has been pushed, with how often the slice has been asked for.
  std::function<tapster_status(const std::string& stream, int64_t n, int attempt)> on_read;
  std::function<tapster_status(const std::string& stream, int attempt)> on_plan;
  std::function<tapster_status(int64_t n)> on_slice;  // before plan pushes it; n is `slices` at plan's end
  std::function<tapster_status(int64_t n)> on_state;  // before a slice is folded
  std::function<void()> on_cancel;

  std::mutex mutex;
  std::map<std::string, int> attempts;
};

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

tapster_source* script = nullptr;  // what the next open gives

tapster_status fill(tapster_error* error, tapster_status status) {
  return status == TAPSTER_OK
             ? status
             : to_abi(Error{static_cast<Status>(status), "as the test says", 0, std::nullopt}, error);
}

tapster_status push(const tapster_sink* out, const std::string& line) {
  const tapster_batch batch{sizeof batch, line.data(), line.size(), 1, 1};
  return out->push(out->context, &batch);
}

int64_t number_of(tapster_text slice) {
  return json::parse(std::string(to_view(slice))).at("n").as_int64();
}

std::string slice_of(tapster_source* source, int64_t n) {
  if (!source->partition) return fmt::format(R"({{"n":{}}})", n);
  return fmt::format(R"({{"n":{},"partition":"{}"}})", n, source->partition(n));
}

// What a state calls the slice's partition.
std::string part_of(tapster_source* source, int64_t n) {
  return source->partition ? source->partition(n) : "done";
}

int attempt_of(tapster_source* source, const std::string& what) {
  const std::lock_guard lock(source->mutex);
  return ++source->attempts[what];
}

tapster_status plan(tapster_source* source, const tapster_plan_request* request, const tapster_sink* out,
                    tapster_error* error) {
  const std::string stream(to_view(request->stream));
  const auto status =
      source->on_plan ? source->on_plan(stream, attempt_of(source, "plan " + stream)) : TAPSTER_OK;
  if (status != TAPSTER_OK) return fill(error, status);
  for (int n = 0; n <= source->slices; ++n) {
    auto pushed = source->on_slice ? source->on_slice(n) : TAPSTER_OK;
    if (pushed == TAPSTER_OK && n < source->slices) pushed = push(out, slice_of(source, n) + "\n");
    if (pushed != TAPSTER_OK) return fill(error, pushed);
  }
  return TAPSTER_OK;
}

tapster_status read(tapster_source* source, const tapster_read_request* request, const tapster_sink* out,
                    tapster_error* error) {
  const std::string stream(to_view(request->stream));
  const auto n = number_of(request->slice);
  const auto attempt = attempt_of(source, stream + std::string(to_view(request->slice)));
  auto status = push(out, fmt::format("{{\"id\":{}}}\n", n));
  if (status == TAPSTER_OK && source->on_read) status = source->on_read(stream, n, attempt);
  return fill(error, status);
}

tapster_status state(tapster_source* source, const tapster_state_request* request, const tapster_sink* out,
                     tapster_error* error) {
  const auto n = number_of(request->slice);
  const auto status = source->on_state ? source->on_state(n) : TAPSTER_OK;
  if (status != TAPSTER_OK) return fill(error, status);
  json::object next;
  if (request->state.size > 0) next = json::parse(std::string(to_view(request->state))).as_object();
  next[part_of(source, n)] = n;
  return fill(error, push(out, json::serialize(next) + "\n"));
}

tapster_connector connector_table() {
  tapster_connector table{};
  table.struct_size = sizeof table;
  table.abi_version = TAPSTER_ABI_VERSION;
  table.name = to_text("script");
  table.version = to_text("1");
  table.description = to_text("A test's");
  table.spec = [](const tapster_sink*, tapster_error* error) { return fill(error, TAPSTER_UNSUPPORTED); };
  table.open = [](const tapster_host*, tapster_text, tapster_source** source,
                  tapster_error*) -> tapster_status {
    *source = script;
    return TAPSTER_OK;
  };
  table.check = [](tapster_source*, tapster_error*) -> tapster_status { return TAPSTER_OK; };
  table.discover = [](tapster_source*, const tapster_sink*, tapster_error* error) {
    return fill(error, TAPSTER_UNSUPPORTED);
  };
  table.plan = plan;
  table.read = read;
  table.state = state;
  table.cancel = [](tapster_source* source) {
    if (source->on_cancel) source->on_cancel();
  };
  table.close = [](tapster_source*) {};
  return table;
}

// For what the sync's own threads are about to do: it fails the test where they do not.
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
    script = &source_;
    const auto table = connector_table();
    Services services(*clock_, log_, "script");
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
    const auto ended =
        sync({*source, services, log_, output, state_file, progress_}, streams_, options, std::move(start));
    return ended ? Exit::done : ended.error().exit;
  }

  // A run that writes Singer messages to a file.
  Ended run_singer(int jobs = 4, State start = {}) {
    const auto path = directory_.path() / "singer";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    Ended ended;
    ended.exit = run(*singer_output(file, *clock_), nullptr, std::move(start), jobs);
    ::close(file);
    std::ifstream lines(path);
    for (std::string line; std::getline(lines, line);)
      ended.messages.push_back(json::parse(line).as_object());
    return ended;
  }

  // What the states cover has to have been written before them. Gives the last state's bookmarks.
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
            if (part_of(&source_, n) != part) continue;
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
  std::function<void()> cancel_;
};

TEST_F(Syncing, ReadsEverySliceOfEveryStream) {
  use({"a", "b", "c"});
  source_.slices = 200;
  const auto ended = run_singer(8);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended).size(),
            std::string(R"({"a":{"done":199},"b":{"done":199},"c":{"done":199}})").size());
  std::map<std::string, std::set<int64_t>> rows;
  size_t records = 0;
  for (const auto& message : ended.messages) {
    if (message.at("type") != "RECORD") continue;
    ++records;
    rows[json::value_to<std::string>(message.at("stream"))].insert(message.at("record").at("id").as_int64());
  }
  EXPECT_EQ(records, 600U);
  for (const auto* stream : {"a", "b", "c"}) EXPECT_EQ(rows[stream].size(), 200U);
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
}

TEST_F(Syncing, AFullTableStreamIsReadFromTheStartAndItsBookmarkLeftAlone) {
  use({"a", "b"});
  streams_[0].replication_key.clear();
  streams_[0].version = 9;
  const auto ended = run_singer(
      1, *State::parse(R"({"bookmarks":{"a":{"done":1,"version":3},"b":{"done":1,"version":3}}})", "s"));
  EXPECT_EQ(ended.exit, Exit::done);
  size_t records = 0;
  size_t activated_after = 0;
  for (const auto& message : ended.messages) {
    const bool is_a = message.contains("stream") && message.at("stream") == "a";
    if (message.at("type") == "RECORD") {
      EXPECT_EQ(message.contains("version"), is_a);
      if (is_a) ++records;
    }
    if (message.contains("version")) {
      EXPECT_EQ(message.at("version"), 9);
    }
    if (message.at("type") == "ACTIVATE_VERSION") {
      EXPECT_TRUE(is_a);
      activated_after = records;
    }
  }
  EXPECT_EQ(records, 3U);
  EXPECT_EQ(activated_after, 3U);
  EXPECT_EQ(count(ended, "ACTIVATE_VERSION"), 1U);
  EXPECT_EQ(ended.messages.back().at("value").at("bookmarks"),
            json::parse(R"({"a":{"done":1,"version":9},"b":{"done":2,"version":3}})"));
}

TEST_F(Syncing, AFullTableStreamThatFailsActivatesNothingAndKeepsItsVersion) {
  use({"a"});
  streams_[0].replication_key.clear();
  streams_[0].version = 9;
  source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
    return n == 1 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto ended = run_singer(1, *State::parse(R"({"bookmarks":{"a":{"version":3}}})", "s"));
  EXPECT_NE(ended.exit, Exit::done);
  EXPECT_EQ(count(ended, "ACTIVATE_VERSION"), 0U);
  EXPECT_EQ(ended.messages.back().at("value").at("bookmarks"), json::parse(R"({"a":{"version":3}})"));
}

TEST_F(Syncing, AStateNeverCoversASliceThatIsNotFinished) {
  use({"a"});
  source_.slices = 20;
  std::atomic<int> others = 0;
  // The first slice ends when all others have.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n != 0) return ++others, others.notify_all(), TAPSTER_OK;
    for (int seen = 0; (seen = others.load()) < 19;) others.wait(seen);
    return TAPSTER_OK;
  };
  const auto ended = run_singer(4);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":19}})");
}

TEST_F(Syncing, AStreamThatFailsKeepsWhatCameBeforeAndLeavesTheOthers) {
  use({"bad", "good"});
  source_.slices = 10;
  source_.on_read = [](const std::string& stream, int64_t n, int) -> tapster_status {
    return stream == "bad" && n == 4 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::partial);
  const auto last = json::parse(check_order(ended));
  EXPECT_EQ(last.at("bad").at("done"), 3);
  EXPECT_EQ(last.at("good").at("done"), 9);
}

TEST_F(Syncing, WhereAllFailForOneCauseThatIsTheExit) {
  use({"a", "b"});
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_AUTH; };
  EXPECT_EQ(run_singer().exit, Exit::auth);
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_SOURCE; };
  EXPECT_EQ(run_singer().exit, Exit::failed);
  source_.on_read = [](const std::string& stream, int64_t, int) -> tapster_status {
    return stream == "a" ? TAPSTER_SOURCE : TAPSTER_AUTH;
  };
  EXPECT_EQ(run_singer().exit, Exit::partial);
}

TEST_F(Syncing, APassingCauseIsTriedAgainAndFilesHoldNothingTwice) {
  use({"a"});
  source_.slices = 5;
  source_.on_read = [](const std::string&, int64_t n, int attempt) -> tapster_status {
    return n % 2 == 0 && attempt < 3 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  EXPECT_EQ(run(*file_output(directory_.path() / "out", false, {})), Exit::done);
  EXPECT_EQ(parts_content(directory_.path() / "out" / "a"),
            "{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n");
}

TEST_F(Syncing, ACauseThatDoesNotPassEndsTheStream) {
  use({"a"});
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_TRANSIENT; };
  EXPECT_EQ(run_singer(1).exit, Exit::failed);
  EXPECT_EQ(source_.attempts[R"(a{"n":0})"], 3);
}

TEST_F(Syncing, APlanThatFailsInPassingIsTriedAgain) {
  use({"a"});
  source_.on_plan = [](const std::string&, int attempt) -> tapster_status {
    return attempt < 3 ? TAPSTER_RATE_LIMITED : TAPSTER_OK;
  };
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
}

TEST_F(Syncing, ACancelEndsItWithATrueState) {
  use({"a", "b"});
  source_.slices = 100;
  source_.on_read = [&](const std::string& stream, int64_t n, int) -> tapster_status {
    if (stream == "a" && n == 20) cancel_();
    return TAPSTER_OK;
  };
  const auto ended = run_singer(3);
  EXPECT_EQ(ended.exit, Exit::failed);
  const auto last = check_order(ended);
  EXPECT_NE(last, "none");
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
  EXPECT_LT(ended.messages.size(), 300U);
}

TEST_F(Syncing, AStateThatCannotBeFoldedEndsTheStreamAndNotItsRecords) {
  use({"a"});
  source_.on_state = [](int64_t) -> tapster_status { return TAPSTER_STATE; };
  const auto ended = run_singer(1, *State::parse(R"({"bookmarks":{"a":{"done":-1}}})", "s"));
  EXPECT_EQ(ended.exit, Exit::usage);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":-1}})");
}

TEST_F(Syncing, AReaderThatGoesAwayEndsTheRun) {
  use({"a"});
  source_.slices = 1000;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(run(*singer_output(ends[1], *clock_)), Exit::output);
  ::close(ends[1]);
  EXPECT_LT(source_.attempts.size(), 1000U);
}

TEST_F(Syncing, AFullDiskEndsTheRun) {
  use({"a"});
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(run(*jsonl_output(full)), Exit::output);
  ::close(full);
}

TEST_F(Syncing, AStreamWithoutSlicesHasASchemaAndNoState) {
  use({"a"});
  source_.slices = 0;
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  ASSERT_EQ(ended.messages.size(), 1U);
  EXPECT_EQ(ended.messages[0].at("type"), "SCHEMA");
}

TEST_F(Syncing, TheStateFileFollowsTheStates) {
  use({"a"});
  const auto file = StateFile::open(directory_.path() / "state.json");
  const auto output = file_output(directory_.path() / "out", true, {});
  EXPECT_EQ(run(*output, &*file), Exit::done);
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":2})");
  EXPECT_EQ(parts_content(directory_.path() / "out" / "a"), "{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n");
}

TEST_F(Syncing, StreamsTakeTurns) {
  use({"a", "b"});
  source_.slices = 50;
  std::vector<std::string> order;
  source_.on_read = [&](const std::string& stream, int64_t, int) -> tapster_status {
    return order.push_back(stream), TAPSTER_OK;
  };
  EXPECT_EQ(run_singer(1).exit, Exit::done);
  for (size_t i = 0; i < 80; i += 20) {
    const auto part =
        std::count(order.begin() + static_cast<long>(i), order.begin() + static_cast<long>(i) + 20, "a");
    EXPECT_NEAR(static_cast<double>(part), 10, 1) << i;
  }
}

TEST_F(Syncing, WithoutACommitIntervalEverySliceHasAState) {
  use({"a"});
  source_.slices = 7;
  const auto ended = run_singer(1);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":6}})");
  EXPECT_EQ(count(ended, "STATE"), 8U);  // and one at the end
}

TEST_F(Syncing, WithinACommitIntervalOnlyTheEndOfAStreamAndOfTheRunHaveAState) {
  use({"a"});
  commit_interval_ = std::chrono::hours(1);
  const auto ended = run_singer(4);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
  EXPECT_EQ(count(ended, "STATE"), 1U) << "at the run's end there is nothing new";
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
}

TEST_F(Syncing, AStreamsEndHasAStateThatNamesTheOneStillSyncing) {
  use({"a", "b"});
  source_.slices = 2;
  commit_interval_ = std::chrono::hours(1);
  const auto ended = run_singer(1);
  check_order(ended);
  std::vector<std::string> states;
  for (const auto& message : ended.messages) {
    if (message.at("type") == "STATE") states.push_back(json::serialize(message.at("value")));
  }
  EXPECT_EQ(states, (std::vector<std::string>{
                        R"({"bookmarks":{"a":{"done":1},"b":{"done":0}},"currently_syncing":"b"})",
                        R"({"bookmarks":{"a":{"done":1},"b":{"done":1}}})"}));
}

TEST_F(Syncing, AnInterruptedRunNamesTheStreamItWasAtAndTheNextOneTakesItFirst) {
  use({"a", "b", "c"});
  source_.on_read = [&](const std::string& stream, int64_t n, int) -> tapster_status {
    if (stream == "b" && n == 1) cancel_();
    return TAPSTER_OK;
  };
  source_.on_plan = [&](const std::string& stream, int) -> tapster_status {
    return stream == "c" ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  auto ended = run_singer(1);
  ASSERT_EQ(ended.messages.back().at("type"), "STATE");
  EXPECT_EQ(ended.messages.back().at("value").at("currently_syncing"), "a");

  std::string order;
  source_.on_read = nullptr;
  source_.on_plan = [&](const std::string& stream, int) -> tapster_status {
    order += stream;
    return TAPSTER_OK;
  };
  ended = run_singer(1, *State::parse(R"({"bookmarks":{},"currently_syncing":"b"})", "s"));
  EXPECT_EQ(order, "bca");
  EXPECT_FALSE(ended.messages.back().at("value").as_object().contains("currently_syncing"));
}

TEST_F(Syncing, WhatTheStateHoldsBesidesIsKept) {
  use({"a"});
  const auto ended = run_singer(
      4, *State::parse(
             R"({"bookmarks":{"unselected":{"id":7},"a":{"done":-1}},"note":[1],"currently_syncing":"gone"})",
             "s"));
  EXPECT_EQ(json::serialize(ended.messages.back().at("value")),
            R"({"bookmarks":{"unselected":{"id":7},"a":{"done":2}},"note":[1]})");
}

TEST_F(Syncing, NoSliceIsReadWhereItsStreamHasFailed) {
  use({"a"});
  source_.slices = 50;
  // The first slice fails while the plan goes on.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    return n == 0 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n == 1) wait_until([&] { return progress_[0].status == StreamStatus::failed; });
    return TAPSTER_OK;
  };
  EXPECT_EQ(run_singer(2).exit, Exit::failed);
  EXPECT_EQ(source_.attempts.size(), 1U);  // of slices, the first alone
  EXPECT_EQ(source_.attempts[R"(a{"n":0})"], 1);
}

TEST_F(Syncing, WhereAPlanFailsWhatItHadPlannedAndWasReadIsKept) {
  use({"a"});
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n < 3) return TAPSTER_OK;
    wait_until([&] { return progress_[0].slices_done == 3; });
    return TAPSTER_TRANSIENT;  // and yet not asked for again: its slices have been read
  };
  const auto ended = run_singer(2);
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
  EXPECT_EQ(count(ended, "RECORD"), 3U);
  EXPECT_EQ(progress_[0].retries, 0U);
}

TEST_F(Syncing, ACancelFromAnotherThreadEndsTheSliceThatWaitsAndTheWorkersThatHaveNone) {
  use({"a"});
  source_.slices = 2;
  std::promise<void> waits;
  std::promise<void> cancelled;
  source_.on_cancel = [&] { cancelled.set_value(); };
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n == 0) return TAPSTER_OK;
    waits.set_value();
    cancelled.get_future().wait();
    return TAPSTER_CANCELLED;
  };
  // As the signal's thread does.
  std::thread signal([&] {
    waits.get_future().wait();
    wait_until([&] { return progress_[0].slices_done == 1; });
    cancel_();
  });
  const auto ended = run_singer(4);
  signal.join();
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":0}})");
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
  EXPECT_EQ(progress_[0].status, StreamStatus::stopped);
}

TEST_F(Syncing, ACancelThatComesWhenAllHasBeenReadChangesNothing) {
  use({"a"});
  source_.on_state = [&](int64_t n) -> tapster_status {
    if (n == 2) cancel_();
    return TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
  EXPECT_EQ(progress_[0].status, StreamStatus::complete);
}

TEST_F(Syncing, AStreamThatACancelKeptFromStartingTookNoTime) {
  use({"a", "b"});
  clock_->sleep(std::chrono::hours(5), [] { return false; });  // the machine has been up for a while
  source_.on_plan = [&](const std::string&, int) -> tapster_status { return cancel_(), TAPSTER_CANCELLED; };
  EXPECT_EQ(run_singer(1).exit, Exit::failed);
  EXPECT_EQ(progress_[1].status, StreamStatus::stopped);
  const auto document = summary(progress_, {}, std::chrono::seconds(0));
  EXPECT_EQ(document.at("streams").at(1).at("seconds"), 0.0);
}

TEST_F(Syncing, ASliceThatCannotBeFoldedEndsTheStateBeforeIt) {
  use({"a", "b"});
  source_.slices = 10;
  source_.on_state = [](int64_t n) -> tapster_status { return n == 4 ? TAPSTER_INTERNAL : TAPSTER_OK; };
  const auto ended = run_singer(4);
  EXPECT_EQ(ended.exit, Exit::failed);
  EXPECT_EQ(json::parse(check_order(ended)), json::parse(R"({"a":{"done":3},"b":{"done":3}})"));
}

TEST_F(Syncing, AFileThatGrowsHoldsTheFinishedSlicesOfAStreamThatFailed) {
  use({"a"});
  source_.slices = 6;
  std::atomic<int> later = 0;
  // Slice 2 fails when those after it that can be taken have been kept aside.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n > 2) ++later;
    if (n != 2) return TAPSTER_OK;
    wait_until([&] { return later == 3; });
    return TAPSTER_SOURCE;
  };
  const auto file = StateFile::open(directory_.path() / "state.json");
  const auto out = directory_.path() / "out";
  EXPECT_EQ(run(*file_output(out, true, {}), &*file), Exit::failed);
  EXPECT_EQ(parts_content(out / "a"), "{\"id\":0}\n{\"id\":1}\n");
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":1})");
  EXPECT_EQ(std::distance(fs::directory_iterator(out / "a"), fs::directory_iterator()), 1);
}

TEST_F(Syncing, AFileThatCannotBePutInPlaceEndsTheRun) {
  use({"a", "b"});
  source_.on_state = [&](int64_t n) -> tapster_status {
    if (n == 2) fs::remove_all(directory_.path() / "out");
    return TAPSTER_OK;
  };
  EXPECT_EQ(run(*file_output(directory_.path() / "out", false, {})), Exit::output);
}

TEST_F(Syncing, AStateThatCannotBeStoredEndsTheRunAndTheOldOneStays) {
  use({"a"});
  source_.slices = 100;
  const auto file = StateFile::open(directory_.path() / "state.json");
  source_.on_state = [&](int64_t n) -> tapster_status {
    if (n == 5) fs::create_directory(directory_.path() / "state.json.new");
    return TAPSTER_OK;
  };
  EXPECT_EQ(run(*jsonl_output(log_file_), &*file, {}, 1), Exit::output);
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":4})");
  EXPECT_FALSE(source_.attempts.contains(R"(a{"n":6})"));
}

TEST_F(Syncing, ASecondRunGoesOnInTheFileAndTheStateOfTheFirst) {
  use({"a"});
  const auto out = directory_.path() / "out";
  const auto path = directory_.path() / "state.json";
  {
    const auto file = StateFile::open(path);
    source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
      return n == 1 ? TAPSTER_SOURCE : TAPSTER_OK;
    };
    EXPECT_EQ(run(*file_output(out, true, {}), &*file), Exit::failed);
  }
  source_.on_read = nullptr;
  const auto file = StateFile::open(path);
  EXPECT_EQ(run(*file_output(out, true, {}), &*file, *file->read()), Exit::done);
  EXPECT_EQ(parts_content(out / "a"),
            "{\"id\":0}\n{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n");  // plan has no memory
}

TEST_F(Syncing, WhereAPlanFailsWhatItHadPlannedIsStillRead) {
  use({"a", "b"});
  source_.slices = 10;
  // Nothing has been read when the plan fails, as the only worker plans.
  source_.on_slice = [](int64_t n) -> tapster_status { return n == 4 ? TAPSTER_AUTH : TAPSTER_OK; };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::auth);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":3},"b":{"done":3}})");
  EXPECT_EQ(count(ended, "RECORD"), 8U);
  for (const auto& stream : progress_) EXPECT_EQ(stream.status, StreamStatus::failed);
  EXPECT_EQ(said("as the test says"), 2U);
}

TEST_F(Syncing, ACancelledPlanLeavesWhatItHadPlanned) {
  use({"a"});
  source_.slices = 10;
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n == 4) cancel_();
    return TAPSTER_OK;
  };
  EXPECT_EQ(run_singer(1).exit, Exit::failed);
  EXPECT_TRUE(source_.attempts.empty());
  EXPECT_EQ(progress_[0].status, StreamStatus::stopped);
}

// Slices of the partitions x, y and z in turn.
class Partitions : public Syncing {
 protected:
  Partitions() {
    use({"a"});
    source_.slices = 12;
    source_.partition = [](int64_t n) { return std::string(1, static_cast<char>('x' + n % 3)); };
  }

  // The named slices fail for good.
  void fail_slices(std::set<int64_t> numbers, tapster_status status = TAPSTER_SOURCE) {
    source_.on_read = [numbers = std::move(numbers), status](const std::string&, int64_t n,
                                                             int) -> tapster_status {
      return numbers.contains(n) ? status : TAPSTER_OK;
    };
  }

  static json::value bookmarks(std::string_view text) { return json::parse(std::string(text)); }
};

TEST_F(Partitions, AreOneStreamWhereAllGoesWell) {
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":9,"y":10,"z":11}})"));
  EXPECT_EQ(progress_[0].status, StreamStatus::complete);
}

TEST_F(Partitions, OneThatFailsLeavesTheOthers) {
  struct Case {
    int64_t failing;
    std::string_view state;
    std::string_view rows;
  };
  for (const auto& [failing, state, rows] :
       {Case{0, R"({"a":{"y":10,"z":11}})", "1 2 4 5 7 8 10 11"},
        Case{3, R"({"a":{"x":0,"y":10,"z":11}})", "0 1 2 4 5 7 8 10 11"},
        Case{7, R"({"a":{"x":9,"y":4,"z":11}})", "0 1 2 3 4 5 6 8 9 11"},
        Case{11, R"({"a":{"x":9,"y":10,"z":8}})", "0 1 2 3 4 5 6 7 8 9 10"}}) {
    for (const int jobs : {1, 4}) {
      fail_slices({failing});
      const auto ended = run_singer(jobs);
      EXPECT_EQ(ended.exit, Exit::partial) << failing;
      EXPECT_EQ(json::parse(check_order(ended)), bookmarks(state)) << failing;
      EXPECT_EQ(progress_[0].status, StreamStatus::failed);

      const auto out = directory_.path() / "out";
      EXPECT_EQ(run(*file_output(out, false, {}), nullptr, {}, jobs), Exit::partial);
      auto text = parts_content(out / "a.incomplete");
      std::string ids;
      for (std::istringstream lines(text); std::getline(lines, text);)
        ids += (ids.empty() ? "" : " ") + std::to_string(json::parse(text).at("id").as_int64());
      EXPECT_EQ(ids, rows) << failing;
      EXPECT_FALSE(fs::exists(out / "a.jsonl"));
    }
  }
}

TEST_F(Partitions, NoSliceIsReadAfterOneThatFailedInItsPartition) {
  fail_slices({4});
  const auto ended = run_singer(1);
  EXPECT_EQ(count(ended, "RECORD"), 10U);  // slice 4 gave one before it failed
  EXPECT_FALSE(source_.attempts.contains(R"(a{"n":7,"partition":"y"})"));
  EXPECT_FALSE(source_.attempts.contains(R"(a{"n":10,"partition":"y"})"));
}

// The slices after it were read before it failed, and their records kept aside.
TEST_F(Partitions, WhatWasReadOfAFailedPartitionIsInNoFileAndNoState) {
  std::atomic<int> read = 0;
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n != 1) return ++read, TAPSTER_OK;
    wait_until([&] { return read == 11; });
    return TAPSTER_SOURCE;
  };
  const auto file = StateFile::open(directory_.path() / "state.json");
  const auto out = directory_.path() / "out";
  EXPECT_EQ(run(*file_output(out, true, {}), &*file, {}, 2), Exit::partial);
  const std::string rows =
      "{\"id\":0}\n{\"id\":2}\n{\"id\":3}\n{\"id\":5}\n{\"id\":6}\n{\"id\":8}\n{\"id\":9}\n{\"id\":11}\n";
  EXPECT_EQ(parts_content(out / "a"), rows);
  EXPECT_EQ(json::parse(file->read()->bookmark("a")), bookmarks(R"({"x":9,"z":11})"));
  EXPECT_EQ(std::distance(fs::directory_iterator(out / "a"), fs::directory_iterator()), 1);
}

// Of two that are read at once the later one fails first.
TEST_F(Partitions, ASliceBeforeTheOneThatFailedIsKept) {
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n == 3) return TAPSTER_SOURCE;
    if (n == 0) wait_until([&] { return progress_[0].status == StreamStatus::failed; });
    return TAPSTER_OK;
  };
  const auto ended = run_singer(2);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":0,"y":10,"z":11}})"));
}

TEST_F(Partitions, EveryFailureIsToldOnceWithItsPartition) {
  fail_slices({0, 3, 4, 7});
  const auto ended = run_singer(4);
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"y":1,"z":11}})"));
  EXPECT_EQ(said("partition x: slice"), 1U);
  EXPECT_EQ(said("partition y: slice"), 1U);
  EXPECT_EQ(said("as the test says"), 2U);
}

TEST_F(Partitions, WhereAllFailForOneCauseThatIsTheExit) {
  fail_slices({0, 1, 2}, TAPSTER_AUTH);
  EXPECT_EQ(run_singer().exit, Exit::auth);
  source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
    return n % 3 == 0 ? TAPSTER_SOURCE : TAPSTER_AUTH;
  };
  EXPECT_EQ(run_singer().exit, Exit::partial);
}

TEST_F(Partitions, APlanThatFailsLeavesThem) {
  source_.on_slice = [](int64_t n) -> tapster_status { return n == 5 ? TAPSTER_AUTH : TAPSTER_OK; };
  fail_slices({1});
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":3,"z":2}})"));
  EXPECT_EQ(said("planning: as the test says"), 1U);
  EXPECT_EQ(said("partition y: slice"), 1U);
}

TEST_F(Partitions, AFailureDoesNotEndThePlan) {
  source_.on_slice = [&](int64_t n) -> tapster_status {
    if (n == 1) wait_until([&] { return progress_[0].status == StreamStatus::failed; });
    return TAPSTER_OK;
  };
  fail_slices({0});
  const auto ended = run_singer(2);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"y":10,"z":11}})"));
}

TEST_F(Partitions, APassingCauseIsTriedAgainInEach) {
  source_.on_read = [](const std::string&, int64_t n, int attempt) -> tapster_status {
    return n % 3 == 1 || attempt < 3 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  EXPECT_EQ(run(*file_output(directory_.path() / "out", false, {})), Exit::partial);
  EXPECT_EQ(
      parts_content(directory_.path() / "out" / "a.incomplete"),
      "{\"id\":0}\n{\"id\":2}\n{\"id\":3}\n{\"id\":5}\n{\"id\":6}\n{\"id\":8}\n{\"id\":9}\n{\"id\":11}\n");
  EXPECT_EQ(source_.attempts[R"(a{"n":1,"partition":"y"})"], 3);
}

TEST_F(Partitions, ASliceThatCannotBeFoldedEndsItsOwn) {
  source_.on_state = [](int64_t n) -> tapster_status { return n == 4 ? TAPSTER_STATE : TAPSTER_OK; };
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(json::parse(check_order(ended)), bookmarks(R"({"a":{"x":9,"y":1,"z":11}})"));
  EXPECT_EQ(said("as the test says"), 1U);
}

TEST_F(Partitions, ACancelAfterAFailureLeavesATrueState) {
  source_.slices = 60;
  std::atomic<bool> is_cancelled = false;
  // The cancel comes when all before slice 20 is in the state and none after it has been read.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n == 20) {
      wait_until([&] { return progress_[0].slices_done == 14; });  // without six of y
      cancel_();
      is_cancelled = true;
    }
    if (n > 20) wait_until([&] { return is_cancelled.load(); });
    return n == 4 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto ended = run_singer(3);
  EXPECT_EQ(ended.exit, Exit::failed);
  const auto last = json::parse(check_order(ended));
  EXPECT_EQ(last.at("a").at("y"), 1);
  EXPECT_GE(last.at("a").at("x").as_int64(), 18);
  EXPECT_LT(last.at("a").at("x").as_int64(), 57);
}

TEST_F(Syncing, ARecordThatDoesNotFitIsNotWrittenAndFailsItsStreamAlone) {
  use({"a", "b"});
  for (auto& stream : streams_) stream.schema["properties"] = {{"id", {{"type", "integer"}}}};
  streams_[0].schema["properties"].as_object()["id"].as_object()["maximum"] = 1;
  validate_ = true;
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::partial);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":1},"b":{"done":2}})");
  std::set<std::string> written;
  for (const auto& message : ended.messages) {
    if (message.at("type") == "RECORD")
      written.insert(json::value_to<std::string>(message.at("stream")) +
                     json::serialize(message.at("record").at("id")));
  }
  EXPECT_EQ(written, (std::set<std::string>{"a0", "a1", "b0", "b1", "b2"}));
}

}  // namespace
}  // namespace tapster::host
