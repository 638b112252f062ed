// read --every: rounds in one process. With a fixed clock the waits between them take no time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "program.hpp"

namespace tapster::host {
namespace {

using namespace std::chrono_literals;

class ReadEvery : public Program {
 protected:
  // Replaces the config at once, so that no round reads a half.
  void use(const std::string& text) {
    const auto next = directory_.write("next.json", text);
    fs::rename(next, directory_.path() / "config.json");
  }
  [[nodiscard]] std::string file(const char* name) const { return (directory_.path() / name).string(); }
  [[nodiscard]] Arguments arguments(const std::string& every, const Arguments& more = {}) const {
    Arguments all{"read",         "counter",
                  "--config",     file("config.json"),
                  "--state-file", file("state.json"),
                  "--every",      every,
                  "--select",     "numbers",
                  "--metrics",    file("metrics"),
                  "--summary",    file("summary.json"),
                  "--output",     file("out")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::unique_ptr<Process> start_rounds() {
    return start(arguments("1h"), {{"TAPSTER_NOW", "2026-01-01T00:00:00Z"}});
  }

  // Waits until this is true, or the program ends.
  static void wait_until(const Process& process, const std::function<bool()>& is_true) {
    while (!is_true()) ASSERT_FALSE(process.ends_within(1ms)) << process.err();
  }
  void wait_for_id(const Process& process, int id) const {
    wait_until(process, [&] {
      return content(file("state.json")).find(fmt::format(R"("id":{})", id)) != std::string::npos;
    });
  }
  static Finished stop(Process& process) {
    process.signal(SIGTERM);
    return process.wait();
  }
  // The ids of all records that were written.
  [[nodiscard]] std::vector<int64_t> ids() const {
    std::vector<int64_t> ids;
    for (const auto& entry : fs::recursive_directory_iterator(file("out"))) {
      if (entry.path().extension() != ".jsonl") continue;
      for (const auto& row : lines(content(entry.path()))) ids.push_back(row.at("id").as_int64());
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  // A value of the metrics; 0 if the file does not have it.
  [[nodiscard]] int64_t metric(const std::string& name) const {
    const auto text = content(file("metrics"));
    const auto label = name + "{connector=\"counter\"} ";
    const auto at = text.find("\n" + label);
    return at == std::string::npos ? 0 : std::stoll(text.substr(at + 1 + label.size()));
  }
};

TEST_F(ReadEvery, EachRoundEmitsWhatIsNew) {
  use(R"({"count":3})");
  const auto process = start_rounds();
  wait_for_id(*process, 3);
  use(R"({"count":5})");
  wait_for_id(*process, 5);
  wait_until(*process, [&] { return metric("tapster_rounds") >= 2; });
  const auto finished = stop(*process);
  EXPECT_EQ(finished.exit, 128 + SIGTERM) << finished.err;
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  EXPECT_NE(content(file("state.json")).find(R"("id":5)"), std::string::npos) << content(file("state.json"));
  EXPECT_EQ(metric("tapster_failed_rounds"), 0);
  const auto summary = parse_json_object(content(file("summary.json")), "the summary");
  ASSERT_TRUE(summary);
  // The signal may have come after the summary of a round and before its metrics.
  const auto ended = summary->at("rounds").at("ended").as_int64();
  EXPECT_TRUE(ended == metric("tapster_rounds") || ended == metric("tapster_rounds") + 1) << ended;
}

TEST_F(ReadEvery, AFailedRoundIsCountedAndTheNextOneTriesAgain) {
  use(R"({"count":3})");
  const auto process = start_rounds();
  wait_for_id(*process, 3);
  use(R"({"count":3,"check_status":)");
  wait_until(*process, [&] { return metric("tapster_failed_rounds") > 0; });
  use(R"({"count":5})");
  wait_for_id(*process, 5);
  const auto finished = stop(*process);
  EXPECT_EQ(finished.exit, 128 + SIGTERM) << finished.err;
  EXPECT_EQ(ids(), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  EXPECT_NE(finished.err.find("failed (1 so far), exit code 2: "), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("config.json is not JSON"), std::string::npos) << finished.err;
}

TEST_F(ReadEvery, ASignalEndsTheWait) {
  use(R"({"count":3})");
  const auto process = start(arguments("1h"));
  wait_for_id(*process, 3);
  wait_until(*process, [&] { return process->err().find("the next one begins in 35") != std::string::npos; });
  process->signal(SIGTERM);
  EXPECT_TRUE(process->ends_within(5s));
  const auto finished = stop(*process);
  EXPECT_EQ(finished.exit, 128 + SIGTERM) << finished.err;
  EXPECT_NE(last_line(finished.err).find("stopped by a signal"), std::string::npos) << finished.err;
}

TEST_F(ReadEvery, AnInvalidConfigInTheFirstRoundEndsIt) {
  use("{}");
  expect_failure(run(arguments("1h")), Exit::usage, "\"count\" is required");
}

TEST_F(ReadEvery, AMissingConnectorInTheFirstRoundEndsIt) {
  auto all = arguments("1h");
  all[1] = "unknown-name";
  use(R"({"count":3})");
  expect_failure(run(all), Exit::plugin, "there is no connector unknown-name");
}

TEST_F(ReadEvery, APipeThatNobodyReadsEndsIt) {
  use(R"({"count":3})");
  const auto process = start({"read", "counter", "--config", file("config.json"), "--state-file",
                              file("state.json"), "--every", "1h"},
                             {{"TAPSTER_NOW", "2026-01-01T00:00:00Z"}});
  while (process->line().find(R"("id":3)") == std::string::npos) {
  }
  process->close_pipe();
  const auto finished = process->wait();
  EXPECT_EQ(finished.exit, static_cast<int>(Exit::output)) << finished.err;
  EXPECT_NE(last_line(finished.err).find("its reader closed the pipe"), std::string::npos) << finished.err;
}

TEST_F(ReadEvery, NeedsAStateFileAndAWholeTime) {
  const auto good = config(R"({"count":3})");
  expect_failure(run({"read", "counter", "--config", good, "--every", "5m"}), Exit::usage,
                 "--every requires --state-file");
  for (const auto* wrong : {"5", "0s", "5 m", "-1s", "1w", "400d", "m"})
    expect_failure(run(arguments(wrong)), Exit::usage,
                   fmt::format("--every: must be a time such as 30s, 5m, 1h or 1d, but is \"{}\"", wrong));
  expect_failure(run(arguments("5m", {"--since", "2026-01-01"})), Exit::usage, "--since");
}

}  // namespace
}  // namespace tapster::host
