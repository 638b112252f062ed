// The program on a machine without free threads, processes or descriptors.
#include <cstdlib>
#include <set>

#include "program.hpp"

namespace tapster::host {
namespace {

class Limits : public Program {
 protected:
  // A run in which calls of a function fail from a number on: "pthread_create:2".
  Finished run_limited(const std::string& limit, const Arguments& arguments) {
    const char* asan = std::getenv("ASAN_OPTIONS");
    return run(arguments, {{"LD_PRELOAD", paths::limits},
                           {"TAPSTER_TEST_LIMIT", limit},
                           {"ASAN_OPTIONS", std::string(asan ? asan : "") + ":verify_asan_link_order=0"}});
  }
  Arguments read(Arguments more = {}) {
    more.insert(more.begin(),
                {"read", "counter", "--config", config(R"({"count":40})"), "--format", "jsonl"});
    return more;
  }
};

std::multiset<std::string> set_of_lines(const std::string& text) {
  const auto all = lines_of(text);
  return {all.begin(), all.end()};
}

// The first thread waits for signals; the others read.
TEST_F(Limits, ASyncContinuesWithFewerThreads) {
  const auto all = set_of_lines(run(read()).out);
  ASSERT_GE(all.size(), 40U);
  for (const int threads : {1, 2, 3}) {
    const auto ended = run_limited("pthread_create:" + std::to_string(threads), read());
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(set_of_lines(ended.out), all);
    const auto left = std::to_string(std::max(1, threads - 1));
    EXPECT_NE(
        ended.err.find("cannot start a thread: Resource temporarily unavailable (check `ulimit -u` and the "
                       "container's pids limit); reading " +
                       left + " at a time instead of 4"),
        std::string::npos)
        << ended.err;
  }
}

// A failing disk: the folder cannot be listed at all, or not to its end.
TEST_F(Limits, AFolderThatCannotBeListedIsNotReplaced) {
  const auto out = directory_.path() / "out";
  Arguments arguments{"read",     "counter", "--config", config(R"({"count":3})"),
                      "--select", "letters", "--output", out.string()};
  const auto first = run(arguments);
  ASSERT_EQ(first.exit, 0) << first.err;
  const auto before = parts_content(out / "letters");
  arguments.emplace_back("--overwrite");
  for (const auto* limit : {"readdir:0", "readdir:4"}) {
    expect_failure(run_limited(limit, arguments), Exit::output,
                   "/letters: cannot list the files: Input/output error");
    EXPECT_EQ(parts_content(out / "letters"), before) << limit;
  }
}

// A file system of another kind, such as FAT or some of object stores.
TEST_F(Limits, APlanNeedsNoHardLinks) {
  const auto folder = directory_.path() / "plans";
  fs::create_directory(folder);
  const auto path = (folder / "plan.jsonl").string();
  const auto ended = run_limited(
      "link:0", {"plan", "counter", "--config", config(R"({"count":3,"slices":3})"), "--output", path});
  ASSERT_EQ(ended.exit, 0) << ended.err;
  EXPECT_NE(content(path).find("\n{\"slices\":"), std::string::npos) << content(path);
  const fs::directory_iterator files(folder);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "nothing is left behind";
}

TEST_F(Limits, WithoutAThreadMetricsAreLoggedAtTheEnd) {
  const auto ended =
      run_limited("pthread_create:1", {"read", "counter", "--config", config(R"({"count":4})")});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_NE(ended.err.find("metrics are logged at the end only: cannot start a thread"), std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find(R"(METRIC: {"type":"counter","metric":"record_count")"), std::string::npos)
      << ended.err;
}

TEST_F(Limits, ARunThatCannotWaitForSignalsFailsWithAMessage) {
  expect_failure(run_limited("pthread_create:0", read()), Exit::failed, "cannot start a thread: ");
  for (const auto* function : {"eventfd:0", "signalfd:0"}) {
    expect_failure(run_limited(function, read()), Exit::failed,
                   "cannot wait for signals: Too many open files (check `ulimit -n`)");
  }
}

TEST_F(Limits, ATargetThatCannotBeStartedFailsTheRun) {
  const Arguments arguments{"read", "counter", "--config", config(R"({"count":4})"), "--to", "cat"};
  for (const auto* limit : {"pipe2:0", "pipe2:1", "pipe2:2", "posix_spawn:0", "pthread_create:1"}) {
    const auto ended = run_limited(limit, arguments);
    EXPECT_EQ(ended.exit, static_cast<int>(Exit::output)) << limit << ": " << ended.err;
    EXPECT_NE(last_line(ended.err).find("cannot start a "), std::string::npos) << limit << ": " << ended.err;
  }
}

TEST_F(Limits, AListSaysWhyAConnectorIsNotDescribed) {
  int reasons = 0;  // a list needs a pipe and a process
  for (const auto* limit : {"pipe:0", "pipe2:0", "fork:0", "posix_spawn:0"}) {
    const auto ended = run_limited(limit, {"list"});
    EXPECT_EQ(ended.exit, 0) << limit << ": " << ended.err;
    EXPECT_NE(ended.out.find("counter"), std::string::npos) << limit << ": " << ended.out;
    reasons += ended.out.find("Too many open files") != std::string::npos ||
               ended.out.find("Resource temporarily unavailable") != std::string::npos;
  }
  EXPECT_EQ(reasons, 2);
}

}  // namespace
}  // namespace tapster::host
