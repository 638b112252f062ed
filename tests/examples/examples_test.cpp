// The connectors in C and Rust of sdk/examples, with the real program. The rows are compared one by one.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <vector>

#include "paths.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::examples {
namespace {

namespace fs = std::filesystem;

using Rows = std::vector<std::string>;

// A connector, with its lines as they are written and as they are read.
struct Example {
  std::string name, stream, directory, suffix;
  std::string (*line)(int number);
  std::string (*row)(const std::string& file, int line, const std::string& time, int number);
  std::string pointer;  // a column below, for --select
  std::string (*selected_row)(const std::string& file, int line, const std::string& time, int number);
};

// For the names of the tests.
void PrintTo(const Example* example, std::ostream* out) {
  *out << example->name;
}

const Example weblog{
    "weblog",
    "requests",
    "",
    ".log",
    [](int number) {
      return fmt::format(
          R"(10.0.0.{0} - ann [01/Nov/2026:12:00:00 +0100] "GET /{0}?q=\"é\" HTTP/1.1" 200 {0} "-" "a\tgent")",
          number);
    },
    [](const std::string& file, int line, const std::string& time, int number) {
      return fmt::format(
          R"({{"file":"{}","line":{},"modified_at":"{}","client":"10.0.0.{}","user":"ann",)"
          R"("time":"2026-11-01T12:00:00+01:00","request":"GET /{}?q=\\\"é\\\" HTTP/1.1","status":200,)"
          R"("bytes":{},"referer":null,"agent":"a\\tgent"}})",
          file, line, time, number, number, number);
    },
    "requests.bytes",
    [](const std::string& file, int line, const std::string& time, int number) {
      return fmt::format(R"({{"file":"{}","line":{},"modified_at":"{}","bytes":{}}})", file, line, time,
                         number);
    }};

const Example json_lines{
    "jsonlines",
    "orders",
    "orders/",
    ".jsonl",
    [](int number) {
      return fmt::format(
          R"( {{"id": {0}, "price":{0}.50, "name":"\u00e9 \"{0}\"", "parts":[{{"n":1,"m":2}},null], "x":null}})",
          number);
    },
    [](const std::string& file, int line, const std::string& time, int number) {
      return fmt::format(
          R"({{"_file":"{}","_line":{},"_modified_at":"{}","id":{},"price":{}.50,"name":"é \"{}\"",)"
          R"("parts":[{{"n":1,"m":2}},null],"x":null}})",
          file, line, time, number, number, number);
    },
    "orders.parts.n",
    [](const std::string& file, int line, const std::string& time, int) {
      return fmt::format(R"({{"_file":"{}","_line":{},"_modified_at":"{}","parts":[{{"n":1}},null]}})", file,
                         line, time);
    }};

std::string time_of(int day) {
  return fmt::format("2026-11-{:02}T00:00:00.000000Z", day);
}

class Examples : public testing::TestWithParam<const Example*> {
 protected:
  Examples() {
    fs::create_directories(directory_ / "folder" / example().directory);
    write_config(directory_ / "folder");
  }

  [[nodiscard]] static const Example& example() { return *GetParam(); }
  [[nodiscard]] std::string file(std::string_view name) const { return directory_ / name; }
  void write_config(const fs::path& folder) const {
    write_file(file("config.json"), json::serialize(json::object{{"folder", folder.string()}}));
  }

  static std::string name_of(int name) { return fmt::format("day-{}{}", name, example().suffix); }

  // Writes a file that was modified at the beginning of a day of November.
  void write(int name, int day, std::string_view text) const {
    const auto path = directory_ / "folder" / example().directory / name_of(name);
    write_file(path, text);
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(*parse_time(time_of(day))).time_since_epoch();
    const struct timespec times[] = {{seconds.count(), 0}, {seconds.count(), 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  // The same with these lines.
  void write_lines(int name, int day, int lines) const {
    std::string text;
    for (int number = 1; number <= lines; ++number) text += example().line(number) + "\n";
    write(name, day, text);
  }
  // The rows of such a file.
  static Rows rows_of(int name, int day, int lines) {
    Rows rows;
    for (int line = 1; line <= lines; ++line)
      rows.push_back(example().row(name_of(name), line, time_of(day), line));
    return rows;
  }

  [[nodiscard]] Arguments command(const std::string& verb, const Arguments& more = {}) const {
    Arguments all{verb, example().name, "--plugin-dir", paths::connectors, "--config", file("config.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] Finished run(const std::string& verb, const Arguments& more = {},
                             const std::string& now = "2026-11-27T00:00:00Z") const {
    return run_program(paths::tapster, command(verb, more), {.environment = {{"TAPSTER_NOW", now}}});
  }
  // One job, so that the rows come in the order of the slices.
  [[nodiscard]] Arguments read_arguments(const Arguments& more = {}) const {
    Arguments all{"--format",         "jsonl",    "--jobs",        "1", "--state-file",
                  file("state.json"), "--select", example().stream};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] Finished read(const Arguments& more = {},
                              const std::string& now = "2026-11-27T00:00:00Z") const {
    return run("read", read_arguments(more), now);
  }

  // The records of complete lines.
  static Rows records(std::string_view out) {
    const auto prefix = fmt::format(R"({{"stream":"{}","record":)", example().stream);
    Rows rows;
    for (const auto& line : lines_of(out.substr(0, out.rfind('\n') + 1))) {
      EXPECT_TRUE(line.starts_with(prefix)) << line;
      rows.push_back(line.substr(prefix.size(), line.size() - prefix.size() - 1));
    }
    return rows;
  }
  // Reads without an error, and returns the rows.
  [[nodiscard]] Rows rows(const Arguments& more = {}, const std::string& now = "2026-11-27T00:00:00Z") const {
    const auto finished = read(more, now);
    EXPECT_EQ(finished.exit, 0) << finished.err;
    return records(finished.out);
  }
  [[nodiscard]] std::string bookmark() const {
    const auto state = json::parse(content(file("state.json"))).as_object().at("bookmarks").as_object();
    return state.contains(example().stream) ? json::serialize(state.at(example().stream)) : "";
  }
  static std::string bookmark_of(int name, int day) {
    return fmt::format(R"({{"modified_at":"{}","file":"{}"}})", time_of(day), name_of(name));
  }

  TemporaryDirectory directory_;
};

Rows operator+(Rows left, const Rows& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

INSTANTIATE_TEST_SUITE_P(Languages, Examples, testing::Values(&weblog, &json_lines),
                         [](const auto& example) { return example.param->name; });

TEST_P(Examples, ExportsItsEntryPointAlone) {
  const auto ended = run_program("nm", {"-D", "--defined-only", "--format=posix",
                                        fmt::format("{}/tapster-{}.so", paths::connectors, example().name)});
  Rows symbols;
  for (const auto& line : lines_of(ended.out)) {
    // Those of a sanitizer.
    if (!line.starts_with("__")) symbols.push_back(line.substr(0, line.find(' ')));
  }
  EXPECT_EQ(symbols, Rows{"tapster_connector_v1"}) << ended.err;
}

TEST_P(Examples, DiscoversAnIncrementalStream) {
  write_lines(1, 1, 2);
  const auto finished = run("discover");
  ASSERT_EQ(finished.exit, 0) << finished.err;
  const auto stream = json::parse(finished.out).at("streams").at(0);
  const auto own = example().name == "weblog" ? "" : "_";
  EXPECT_EQ(stream.at("tap_stream_id").as_string(), example().stream);
  EXPECT_EQ(stream.at("replication_method").as_string(), "INCREMENTAL");
  EXPECT_EQ(stream.at("replication_key").as_string(), fmt::format("{}modified_at", own));
  EXPECT_EQ(json::serialize(stream.at("key_properties")), fmt::format(R"(["{0}file","{0}line"])", own));
  const auto& properties = stream.at("schema").at("properties").as_object();
  if (example().name == "weblog") {
    EXPECT_EQ(json::serialize(properties.at("status").at("type")), R"(["null","integer"])");
    EXPECT_EQ(properties.size(), 11U);
  } else {
    EXPECT_EQ(json::serialize(properties.at("id")), R"({"type":["null","integer"]})");
    EXPECT_EQ(json::serialize(properties.at("price")), R"({"type":["null","number"]})");
    EXPECT_EQ(json::serialize(properties.at("parts").at("items").at("properties")),
              R"({"n":{"type":["null","integer"]},"m":{"type":["null","integer"]}})");
    EXPECT_EQ(json::serialize(properties.at("x")), "{}") << "it has always been null";
  }
}

TEST_P(Examples, ASecondRunReadsOnlyNewFiles) {
  write_lines(2, 1, 2);  // the order is that of the times
  write_lines(1, 2, 3);
  EXPECT_EQ(rows({"--validate"}), rows_of(2, 1, 2) + rows_of(1, 2, 3));
  EXPECT_EQ(bookmark(), bookmark_of(1, 2));
  EXPECT_EQ(rows(), Rows{});
  write_lines(3, 2, 1);  // as old as the bookmark, and after it by name
  write_lines(2, 4, 4);  // has grown
  EXPECT_EQ(rows(), rows_of(3, 2, 1) + rows_of(2, 4, 4));
  EXPECT_EQ(bookmark(), bookmark_of(2, 4));
}

TEST_P(Examples, AFileThatMayStillChangeIsLeftForTheNextRun) {
  write_lines(1, 3, 2);
  EXPECT_EQ(rows({}, "2026-11-03T00:00:00.900Z"), Rows{});
  EXPECT_EQ(rows({}, "2026-11-03T00:00:01Z"), rows_of(1, 3, 2));
}

TEST_P(Examples, BoundsChooseFilesByTheirTime) {
  for (int day = 1; day <= 4; ++day) write_lines(day, day, day);
  EXPECT_EQ(rows({"--since", "2026-11-02", "--until", "2026-11-03"}), rows_of(2, 2, 2) + rows_of(3, 3, 3));
  EXPECT_EQ(rows({"--since", "2026-11-04T00:00:00Z"}), rows_of(4, 4, 4));
  EXPECT_EQ(rows({"--until", "2026-11-01"}), rows_of(1, 1, 1)) << "the bookmark must not have moved";
  EXPECT_EQ(bookmark(), bookmark_of(1, 1));
  EXPECT_EQ(rows(), rows_of(2, 2, 2) + rows_of(3, 3, 3) + rows_of(4, 4, 4));
}

TEST_P(Examples, ReadsTheSelectedColumns) {
  write_lines(1, 1, 2);
  const auto finished = run("read", {"--format", "jsonl", "--select", example().pointer});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(records(finished.out), (Rows{example().selected_row(name_of(1), 1, time_of(1), 1),
                                         example().selected_row(name_of(1), 2, time_of(1), 2)}));
}

TEST_P(Examples, ManyLinesOfAFileAreReadInTheirOrder) {
  write_lines(1, 1, 2'000);  // more than a block
  EXPECT_TRUE(rows() == rows_of(1, 1, 2'000));
}

TEST_P(Examples, AMissingFolderIsAConfigError) {
  write_config(directory_ / "elsewhere");
  const auto finished = run("check");
  EXPECT_EQ(finished.exit, 2);
  EXPECT_NE(finished.err.find("\"folder\""), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find(directory_ / "elsewhere: No such file or directory"), std::string::npos)
      << finished.err;
  write_file(file("config.json"), "{}");
  EXPECT_EQ(run("check").exit, 2) << "the spec requires the folder";
}

TEST_P(Examples, AStateOfAnotherFormFailsTheStream) {
  write_lines(1, 1, 2);
  for (const auto* state : {R"({"modified_at":5})", R"({"modified_at":"yesterday"})"}) {
    const auto text = fmt::format(R"({{"bookmarks":{{"{}":{}}}}})", example().stream, state);
    write_file(file("state.json"), text);
    const auto finished = read();
    EXPECT_NE(finished.exit, 0) << state;
    EXPECT_NE(finished.err.find("the state must have \"modified_at\""), std::string::npos) << finished.err;
    EXPECT_EQ(bookmark(), state);
  }
}

TEST_P(Examples, ALineThatCannotBeReadFailsItsFile) {
  write_lines(1, 1, 2);
  write(2, 2, "[}\n");
  write_lines(3, 3, 1);
  const auto finished = read();
  EXPECT_EQ(finished.exit, 1) << finished.err;
  EXPECT_NE(finished.err.find(name_of(2) + ", line 1: "), std::string::npos) << finished.err;
  EXPECT_EQ(records(finished.out), rows_of(1, 1, 2));
  EXPECT_EQ(bookmark(), bookmark_of(1, 1));
}

TEST_P(Examples, LinesThatCannotBeReadAreSetAside) {
  auto no_utf8 = example().line(3);
  no_utf8.insert(no_utf8.rfind('"'), "\xFF");
  write(1, 1, fmt::format("[}}\n{}\n{}\n\n{}", example().line(2), no_utf8, example().line(5)));
  const auto expected = Rows{example().row(name_of(1), 2, time_of(1), 2),
                             example().row(name_of(1), 5, time_of(1), 5)};  // without a line break
  EXPECT_EQ(rows({"--rejects", file("rejects.jsonl")}), expected);
  const auto rejects = lines_of(content(file("rejects.jsonl")));
  ASSERT_EQ(rejects.size(), 2U);
  EXPECT_EQ(json::parse(rejects[0]).at("record").as_string(), "[}");
  EXPECT_EQ(json::parse(rejects[1]).at("reason").as_string(), "it is not UTF-8");
  EXPECT_EQ(bookmark(), bookmark_of(1, 1));
}

// The run waits in the first file, because the pipe is full.
TEST_P(Examples, LinesThatAreAddedAfterThePlanAreTheNextRuns) {
  write_lines(1, 1, 600);
  write_lines(2, 2, 2);
  Process process(paths::tapster, command("read", read_arguments()),
                  {.environment = {{"TAPSTER_NOW", "2026-11-27T00:00:00Z"}}, .has_pipe = true});
  auto out = process.line() + "\n";
  write_lines(2, 3, 5);
  const auto finished = process.wait();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_TRUE(records(out + finished.out) == rows_of(1, 1, 600) + rows_of(2, 2, 2));
  EXPECT_EQ(rows(), rows_of(2, 3, 5));
}

TEST_P(Examples, AHostOfAbi10ReadsTheSameRows) {
  write_lines(1, 1, 2);
  write_lines(2, 2, 1);
  const auto now = std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-11-27T00:00:00Z"));
  const Arguments arguments{fmt::format("{}/tapster-{}.so", paths::connectors, example().name),
                            file("config.json"), std::to_string(to_unix_micros(now)), example().stream};
  const auto finished = run_program(paths::old_host, arguments);
  EXPECT_EQ(finished.exit, 0) << finished.err;
  std::string expected;
  for (const auto& row : rows_of(1, 1, 2) + rows_of(2, 2, 1))
    expected += fmt::format("{{\"stream\":\"{}\",\"record\":{}}}\n", example().stream, row);
  expected += fmt::format("{{\"stream\":\"{}\",\"state\":{}}}\n", example().stream, bookmark_of(2, 2));
  EXPECT_EQ(finished.out, expected);

  write(3, 3, "[}\n");
  EXPECT_EQ(run_program(paths::old_host, arguments).exit, 1) << "it cannot set lines aside";
}

// The pipe is full long before the run ends, so the run is in the middle of a file when it is killed.
TEST_P(Examples, AKilledRunResumes) {
  constexpr int lines = 600;
  for (int day = 1; day <= 4; ++day) write_lines(day, day, lines);
  const auto arguments = command("read", read_arguments({"--commit-interval", "0"}));
  Process process(paths::tapster, arguments,
                  {.environment = {{"TAPSTER_NOW", "2026-11-27T00:00:00Z"}}, .has_pipe = true});
  std::string out;
  while (content(file("state.json")).find("modified_at") == std::string::npos) {
    const auto line = process.line();
    ASSERT_NE(line, "") << "it ended before it stored a state: " << process.err();
    out += line + "\n";
  }
  process.signal(SIGKILL);
  const auto killed = process.wait();
  EXPECT_EQ(killed.signal, SIGKILL) << killed.err;
  const auto first = records(out + killed.out);
  const auto stored = json::parse(bookmark()).as_object();
  Rows all;
  Rows rest;  // what the state does not cover
  for (int day = 1; day <= 4; ++day) {
    all = all + rows_of(day, day, lines);
    if (time_of(day) > text_of(stored, "modified_at")) rest = rest + rows_of(day, day, lines);
  }
  EXPECT_LT(rest.size(), all.size());
  ASSERT_GE(first.size() + rest.size(), all.size()) << "the state covers rows that were not written";
  EXPECT_TRUE(std::equal(first.begin(), first.end(), all.begin()));
  EXPECT_TRUE(rows() == rest);
}

TEST(Rust, APanicIsAnError) {
  const TemporaryDirectory directory;
  for (const std::string function : {"open", "check", "discover", "plan", "read", "state", "nothing"}) {
    const auto config = directory.write("config.json", fmt::format(R"({{"in":"{}"}})", function));
    const auto finished = run_program(paths::tapster,
                                      {function == "check" ? "check" : "read", "panics", "--plugin-dir",
                                       paths::connectors, "--config", config.string()},
                                      {.environment = {{"RUST_BACKTRACE", "0"}}});
    if (function == "nothing") {
      EXPECT_EQ(finished.exit, 0) << finished.err;
      continue;
    }
    EXPECT_GT(finished.exit, 0) << function;
    EXPECT_EQ(finished.signal, 0) << function << ": " << finished.err;
    EXPECT_NE(finished.err.find("the connector panicked"), std::string::npos) << function << finished.err;
  }
}

}  // namespace
}  // namespace tapster::examples
