// A sync in eight shards, as the deploy files have it: the rows and the state are those of one process.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>

#include "fixture.hpp"
#include "slurm_cluster.hpp"

namespace tapster::e2e {
namespace {

namespace fs = std::filesystem;

fs::path deploy_file(std::string_view name) {
  return fs::path(paths::source) / "plugins/postmark/deploy" / name;
}

using RowsOfStreams = std::map<std::string, std::vector<std::string>>;

// The sorted lines of the files of each stream, wherever below the folder they are.
RowsOfStreams rows_below(const fs::path& folder) {
  RowsOfStreams rows;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().filename().string().find(".jsonl") == std::string::npos) continue;
    auto& of_stream = rows[entry.path().parent_path().filename()];
    for (auto& line : lines_of(content(entry.path()))) of_stream.push_back(std::move(line));
  }
  for (auto& [stream, lines] : rows) std::sort(lines.begin(), lines.end());
  return rows;
}

// The process that reads this shard in this folder; 0 if there is none.
pid_t reader_of(const std::string& shard, const fs::path& folder) {
  using namespace std::string_literals;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::error_code error;
    if (fs::read_symlink(entry.path() / "cwd", error) != folder) continue;
    const auto command = content(entry.path() / "cmdline");
    if (command.starts_with("tapster\0"s) && command.find("--shard\0"s + shard + "\0"s) != std::string::npos)
      return std::stoi(entry.path().filename());
  }
  return 0;
}

class Shards : public EndToEnd {
 protected:
  Shards() {
    start({.messages = 500, .days = 30});
    const auto alone = read({"--state-file", file("alone.json"), "--output", file("alone")});
    EXPECT_EQ(alone.exit, 0) << alone.err;
  }
  ~Shards() override { server_.reset(); }

  // For commands that find tapster on the PATH.
  [[nodiscard]] Environment environment() const {
    const auto* path = std::getenv("PATH");
    return {{"TAPSTER_NOW", now_},
            {"PATH", fs::path(paths::tapster).parent_path().string() + ":" + (path == nullptr ? "" : path)}};
  }

  // A command of the shell that a file gives, with other texts in place of some of it.
  Finished run_command(std::string command, const std::map<std::string, std::string>& texts,
                       Environment more = {}) {
    for (const auto& [text, other] : texts) {
      for (auto at = command.find(text); at != std::string::npos; at = command.find(text, at + other.size()))
        command.replace(at, text.size(), other);
    }
    more.merge(environment());
    return run_shell(command, {.environment = more});
  }

  // The folder of the sync, which has the time as its name when all is read; empty before.
  [[nodiscard]] fs::path finished_folder() const {
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      if (entry.path().filename().string().starts_with("20")) return entry.path();
    }
    return {};
  }

  static void expect_rows(const fs::path& folder, const RowsOfStreams& expected) {
    const auto rows = rows_below(folder);
    EXPECT_EQ(rows.size(), expected.size());
    for (const auto& [stream, lines] : expected) {
      ASSERT_TRUE(rows.contains(stream)) << stream;
      EXPECT_TRUE(rows.at(stream) == lines)
          << stream << " has " << rows.at(stream).size() << " rows, not " << lines.size();
    }
  }

  void expect_everything() const {
    ASSERT_NE(finished_folder(), fs::path());
    EXPECT_FALSE(fs::exists(directory_ / "run"));
    const auto expected = rows_below(directory_ / "alone");
    EXPECT_GT(expected.size(), 20U);
    expect_rows(finished_folder() / "data", expected);
    // As the page says for a loader, which takes one folder.
    const auto joined = run_shell("mkdir all && cp -rln data/*/* all/", {.directory = finished_folder()});
    EXPECT_EQ(joined.exit, 0) << joined.err;
    expect_rows(finished_folder() / "all", expected);
    EXPECT_EQ(incremental_bookmarks(content(directory_ / "state.json")),
              incremental_bookmarks(content(directory_ / "alone.json")));
  }
};

// The program of one task is killed while it reads. The task is queued again, and continues.
TEST_F(Shards, OfAJobArrayOfSlurmAreReadOnceEach) {
  latency_ = std::chrono::milliseconds(10);
  serve();
  const SlurmCluster cluster;
  const auto folder = directory_ / "run";
  std::mutex mutex;
  std::atomic<bool> is_killed = false;
  server_->on_request([&](const std::string&) {
    const std::lock_guard lock(mutex);
    if (is_killed || !fs::exists(folder / "data/2")) return;
    const auto program = reader_of("2/8", folder);
    is_killed = program > 0 && ::kill(program, SIGKILL) == 0;
  });
  auto variables = environment();
  variables.merge(cluster.environment());
  const auto submitted =
      run_program(deploy_file("postmark-slurm.sh"), {directory_.path()}, {.environment = variables});
  ASSERT_EQ(submitted.exit, 0) << submitted.err;
  EXPECT_TRUE(cluster.finish_jobs());
  serve();  // ends the connections, which may still be at the observer
  std::string logs;
  for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
    if (entry.path().extension() == ".log") logs += content(entry.path());
  }
  SCOPED_TRACE(logs);
  EXPECT_TRUE(is_killed);
  EXPECT_NE(logs.find("Killed"), std::string::npos);
  expect_everything();
}

// The containers of a job's documents, by step.
std::map<std::string, YAML::Node> containers_of(std::string_view file) {
  std::map<std::string, YAML::Node> containers;
  for (const auto& document : YAML::LoadAllFromFile(deploy_file(file))) {
    if (document["kind"].as<std::string>() == "Job")
      containers[document["metadata"]["labels"]["step"].as<std::string>()] =
          document["spec"]["template"]["spec"]["containers"][0];
  }
  return containers;
}

TEST_F(Shards, OfAnIndexedJobOfKubernetesAreMergedWhenAllAreRead) {
  const auto containers = containers_of("postmark-shards-job.yaml");
  const auto run_step = [&](const std::string& step, const std::string& index = "") {
    const auto& container = containers.at(step);
    EXPECT_EQ(container["command"].as<std::vector<std::string>>(),
              (std::vector<std::string>{"/bin/sh", "-c"}));
    Environment variables{{"TAP_POSTMARK_BASE_URL", server_->base_url()}, {"JOB_COMPLETION_INDEX", index}};
    for (const auto& variable : container["env"]) {
      const auto name = variable["name"].as<std::string>();
      variables[name] = variable["valueFrom"].IsDefined() ? "sandbox-token" : first_day_;
    }
    return run_command(container["args"][0].as<std::string>(), {{"/data", directory_.path()}}, variables);
  };
  const auto planned = run_step("plan");
  ASSERT_EQ(planned.exit, 0) << planned.err;
  for (const auto* index : {"0", "1", "2", "3", "4", "5", "6"}) {
    const auto ended = run_step("read", index);
    EXPECT_EQ(ended.exit, 0) << ended.err;
  }
  EXPECT_EQ(run_step("merge").exit, 2);
  EXPECT_EQ(run_step("read", "7").exit, 0);
  const auto merged = run_step("merge");
  EXPECT_EQ(merged.exit, 0) << merged.err;
  expect_everything();
}

TEST_F(Shards, OfADagOfAirflowGoOnWithAnUnfinishedPlan) {
  const auto stub = fs::path(paths::source) / "tests/deploy/airflow_stub.py";
  const auto ran = run_program("python3", {stub, deploy_file("postmark_shards_dag.py"), "3"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  std::vector<std::string> commands;
  const auto noted = json::parse(ran.out);
  for (const auto& task : noted.at("tasks").as_array())
    commands.push_back(json::value_to<std::string>(task.at("bash_command")));
  ASSERT_EQ(commands.size(), 10U);
  const auto run_task = [&](const std::string& command) {
    return run_command(command, {{"/var/lib/tapster/postmark", directory_.path()},
                                 {"/etc/tapster/postmark.json", file("config.json")}});
  };
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(run_task(commands[i]).exit, 0) << commands[i];
  EXPECT_EQ(run_task(commands.back()).exit, 2) << "four shards are missing";
  const auto plan = content(directory_ / "run/plan.jsonl");
  for (const auto& command : commands) {
    EXPECT_EQ(content(directory_ / "run/plan.jsonl"), plan);
    const auto ended = run_task(command);
    EXPECT_EQ(ended.exit, 0) << command << "\n" << ended.err;
  }
  expect_everything();
}

}  // namespace
}  // namespace tapster::e2e
