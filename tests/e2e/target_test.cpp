// --to: a Singer target gets the messages, and a state is stored when the target has printed it. If the
// target fails, the next run completes its tables.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class ToTarget : public EndToEnd {
 protected:
  ToTarget() {
    start({.messages = 1'500, .days = 40});
    configure(R"(,"lookback_days":0,"stats_lookback_days":0)");
  }

  // The shell command of a target with these options.
  [[nodiscard]] std::string target(std::string_view does = "") const {
    return fmt::format("exec {} --store {} {}", paths::target, file("store.jsonl"), does);
  }
  [[nodiscard]] std::vector<std::string> to(const std::string& command) const {
    return {"--state-file", file("state.json"), "--commit-interval", "0", "--to", command};
  }
  Finished read_to(const std::string& command) { return read(to(command)); }

  [[nodiscard]] Tables loaded() const {
    size_t doubled = 0;
    return tables_of_jsonl(content(file("store.jsonl")), doubled);
  }
  [[nodiscard]] json::object stored_state() const {
    const auto text = content(file("state.json"));
    return text.empty() ? json::object() : json::parse(text).as_object();
  }

  // The state covers only rows in the store. A bookmark is the time up to which a message stream has been
  // read.
  void expect_a_true_state() const {
    const auto state = stored_state();
    const auto* bookmarks = state.if_contains("bookmarks");
    const auto tables = loaded();
    for (const std::string stream : {"messages_outbound", "messages_clicks", "bounces"}) {
      const auto* bookmark = bookmarks ? bookmarks->as_object().if_contains(stream) : nullptr;
      if (!bookmark) continue;
      const auto stored = tables.find(stream);
      for (const auto& [message_stream, until] : bookmark->at("message_streams").as_object()) {
        const auto before = json::value_to<std::string>(until);
        const auto covered = part_of(everything(), "0000", before, "0000", "0000");
        const auto rows = covered.find(stream);
        if (rows == covered.end()) continue;
        for (const auto& [key, row] : rows->second) {
          if (row.at("message_stream") != message_stream) continue;
          EXPECT_TRUE(stored != tables.end() && stored->second.contains(key))
              << stream << " of " << message_stream << " before " << before << ": " << key;
        }
      }
    }
  }

  // What a run with a good target makes of all this.
  void expect_the_next_run_to_complete_it() {
    const auto finished = read_to(target());
    EXPECT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(difference(everything(), loaded()), "");
    EXPECT_EQ(stored_state().at("bookmarks").as_object().size(), everything().size());
    EXPECT_FALSE(stored_state().contains("currently_syncing"));
  }
};

TEST_F(ToTarget, TheTargetHasEveryRowAndTheStateIsTheConfirmedOne) {
  const auto finished = read_to(target());
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(difference(everything(), loaded()), "");
  const auto size = fs::file_size(file("store.jsonl"));
  EXPECT_EQ(read_to(target()).exit, 0);
  EXPECT_LT(fs::file_size(file("store.jsonl")) - size, size / 10) << "the second run goes on from the first";
  EXPECT_EQ(difference(everything(), loaded()), "");
}

TEST_F(ToTarget, WithoutAStateFileStatesGoToStandardOutput) {
  const auto finished = read({"--to", target()});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  const auto lines = lines_of(finished.out);
  ASSERT_FALSE(lines.empty());
  write_file(file("singer.json"), lines.back());
  const auto size = fs::file_size(file("store.jsonl"));
  EXPECT_EQ(read({"--state", file("singer.json"), "--to", target()}).exit, 0);
  EXPECT_LT(fs::file_size(file("store.jsonl")) - size, size / 10);
}

TEST_F(ToTarget, AFailedTargetFailsTheRunWithItsLastLines) {
  // The lists without a bookmark have no more than eight states.
  for (const auto* when : {"--at 1", "--after 10 --at 5"}) {
    const auto finished = read_to(target(fmt::format("{} --does fail", when)));
    EXPECT_EQ(finished.exit, 6) << finished.err;
    EXPECT_NE(finished.err.find("CRITICAL tapster: the target exited with code 3; its last lines:\n"
                                "  | CRITICAL the table is locked\n"),
              std::string::npos)
        << finished.err;
    expect_a_true_state();
  }
  EXPECT_TRUE(stored_state().contains("currently_syncing")) << "some of it had been confirmed";
  expect_the_next_run_to_complete_it();
}

TEST_F(ToTarget, AKilledTargetFailsTheRun) {
  const auto finished = read_to(target("--after 10 --at 5 --does die"));
  EXPECT_EQ(finished.exit, 6) << finished.err;
  EXPECT_NE(finished.err.find("the target was killed by signal 9 (Killed)"), std::string::npos)
      << finished.err;
  expect_a_true_state();
  expect_the_next_run_to_complete_it();
}

TEST_F(ToTarget, ATargetThatLeavesInputUnreadFailsTheRun) {
  for (const auto* does : {"leave", "close-input"}) {
    fs::remove(file("state.json"));
    const auto finished = read_to(target(fmt::format("--at 1200 --does {}", does)));
    EXPECT_EQ(finished.exit, 6) << finished.err;
    EXPECT_NE(finished.err.find("CRITICAL tapster: the target exited before the end of its input\n"),
              std::string::npos)
        << finished.err;
    expect_a_true_state();
  }
  // All that it leaves fits into the pipe.
  EXPECT_EQ(read({"--select", "stats_outbound_overview", "--to", "sleep 0.01"}).exit, 6);
  expect_the_next_run_to_complete_it();
}

TEST_F(ToTarget, ATargetThatCannotBeStartedFailsTheRun) {
  const auto finished = read_to("no-such-target --config x");
  EXPECT_EQ(finished.exit, 6);
  EXPECT_NE(finished.err.find("the target exited with code 127; its last lines:\n  | "), std::string::npos)
      << finished.err;
  EXPECT_FALSE(fs::exists(file("state.json")));
}

TEST_F(ToTarget, ATargetThatPrintsAnUnknownStateFailsTheRun) {
  const std::pair<const char*, const char*> lines[] = {
      {"print", "the target printed a line that is not a state: INFO loaded 7 rows"},
      {"invent", "the target printed a bookmark of stream numbers that it was not sent: {\"bookmarks\""}};
  for (const auto& [does, words] : lines) {
    const auto finished = read_to(target(fmt::format("--at 300 --does {}", does)));
    EXPECT_EQ(finished.exit, 6) << finished.err;
    EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
    expect_a_true_state();
  }
  expect_the_next_run_to_complete_it();
}

TEST_F(ToTarget, ATargetMayFormatItsStatesFreely) {
  for (const auto* states : {"last", "late", "backwards"}) {
    fs::remove(file("state.json"));
    const auto finished = read_to(target(fmt::format("--states {}", states)));
    EXPECT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(finished.err.find("has not confirmed"), std::string::npos) << finished.err;
    EXPECT_EQ(stored_state().at("bookmarks").as_object().size(), everything().size());
    EXPECT_FALSE(stored_state().contains("currently_syncing"));
  }
}

TEST_F(ToTarget, ATargetThatConfirmsNothingLeavesTheStateUnchanged) {
  for (const auto* does : {"--states never", "--at 1 --does close-output"}) {
    const auto finished = read_to(target(does));
    EXPECT_EQ(finished.exit, 0) << finished.err;
    EXPECT_NE(
        finished.err.find(" WARNING  tapster: the target has not confirmed the last state of bounces, "),
        std::string::npos)
        << finished.err;
    EXPECT_FALSE(fs::exists(file("state.json")));
    EXPECT_EQ(difference(everything(), loaded()), "");
  }
  expect_the_next_run_to_complete_it();
}

TEST_F(ToTarget, ATargetMayPrintMoreThanItReads) {
  const auto finished = read_to(target("--chatter 10"));
  EXPECT_EQ(finished.exit, 0);
  EXPECT_EQ(difference(everything(), loaded()), "");
  size_t heard = 0;
  for (const auto& line : lines_of(finished.err)) heard += line == "chatter" ? 1 : 0;
  EXPECT_GT(heard, 10'000U);
}

TEST_F(ToTarget, ATargetCannotShowASecret) {
  for (const auto* format : {"text", "json"}) {
    auto arguments = to("echo the token is sandbox-token >&2; " + target("--at 3 --does fail"));
    arguments.insert(arguments.end(), {"--log-format", format});
    const auto finished = read(arguments);
    EXPECT_EQ(finished.exit, 6);
    EXPECT_EQ(finished.err.find("sandbox-token"), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("the token is ***"), std::string::npos) << finished.err;
  }
  auto arguments = to("echo the token is sandbox-token; " + target());
  arguments.insert(arguments.end(), {"--summary", file("summary")});
  EXPECT_EQ(read(arguments).exit, 6);
  const auto summary = content(file("summary"));
  EXPECT_EQ(summary.find("sandbox-token"), std::string::npos) << summary;
  EXPECT_NE(summary.find("the token is ***"), std::string::npos) << summary;
}

TEST_F(ToTarget, AStateThatCannotBeStoredFailsTheRun) {
  fs::create_directory(file("state.json.new"));  // where the new one would be written
  const auto finished = read_to(target());
  EXPECT_EQ(finished.exit, 6);
  EXPECT_NE(finished.err.find("state.json.new"), std::string::npos) << finished.err;
  fs::remove(file("state.json.new"));
  expect_the_next_run_to_complete_it();
}

TEST_F(ToTarget, SigtermClosesTheInputOfTheTarget) {
  const auto stopped = read_until(25, SIGTERM, to(target()));
  EXPECT_EQ(stopped.exit, 128 + SIGTERM) << stopped.err;
  EXPECT_EQ(stopped.err.find("has not confirmed"), std::string::npos) << stopped.err;
  expect_a_true_state();
  expect_the_next_run_to_complete_it();
}

TEST_F(ToTarget, AfterAKillTheNextRunContinuesFromTheState) {
  for (const int request : {3, 20, 35}) {
    EXPECT_EQ(read_until(request, SIGKILL, to(target())).exit, 128 + SIGKILL);
    expect_a_true_state();
  }
  expect_the_next_run_to_complete_it();
}

template <class Condition>
void wait_until(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
}

// A target that stops reading, and one that does not end: the first signal waits for them, the second does
// not.
TEST_F(ToTarget, ASecondSignalKillsTheTargetToo) {
  start({.messages = 3'000, .days = 40});  // more than fits into a pipe
  for (const auto* does : {"--at 200 --does stop-reading", "--stays"}) {
    const auto fifo = file("alive");
    fs::remove(fifo);
    fs::remove(file("store.jsonl"));
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const int alive = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    Process process(paths::tapster,
                    read_arguments(to(fmt::format("echo > {0}; {1} 9> {0}", fifo, target(does)))),
                    run_options());
    pollfd file_of_target{alive, POLLIN, 0};
    ASSERT_EQ(::poll(&file_of_target, 1, 60'000), 1) << "it has been started";
    process.signal(SIGTERM);
    wait_until([&] {
      return process.err().find("stopping; a second signal ends the run at once") != std::string::npos;
    });
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait().exit, 128 + SIGTERM);
    wait_until([&] {
      char byte = 0;
      return ::read(alive, &byte, 1) == 0;  // every process that had its other end is gone
    });
    ::close(alive);
    expect_a_true_state();
    fs::remove(file("state.json"));
  }
}

}  // namespace
}  // namespace tapster::e2e
