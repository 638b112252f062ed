// tapster validate: for each rule a connector that breaks it and no other.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "paths.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "system/exit_code.hpp"
#include "validate/rules.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

// The flaws of broken.c.
struct Flaw {
  const char* name;  // RULE or RULE-VARIANT
  const char* rule;  // the rule that notices it
  const char* what;  // what the connector does, for the README
};

constexpr Flaw flaws[] = {
    {"file", "file", "is a file that everyone can write"},
    {"symbols", "symbols", "exports a second function"},
    {"load-time", "load-time", "waits 550 ms while it is loaded"},
    {"load", "load", "returns another table the second time"},
    {"abi", "abi", "says that it is built for ABI 2.0"},
    {"struct-size", "struct-size", "has a table that ends before `close`"},
    {"functions", "functions", "has no `read`"},
    {"name", "name", "has another name than its file"},
    {"version", "version", "has the version \"1\""},
    {"spec", "spec", "has a setting of type string whose default is 7"},
    {"garbage-config", "garbage-config", "opens a source with any text"},
    {"process", "process", "calls exit in `state`"},
    {"output", "output", "prints a line"},
    {"old-host", "old-host", "calls `secret` without TAPSTER_HAS"},
    {"catalog", "catalog", "has a key that may be null"},
    {"several-sources", "several-sources", "has a catalog that depends on the number of open sources"},
    {"leaks", "leaks", "leaves a descriptor open"},
    {"leaks-memory", "leaks", "does not free its sources"},
    {"unknown-stream", "unknown-stream", "plans a stream that it does not have"},
    {"garbage-state", "garbage-state", "ignores a state that it cannot read"},
    {"garbage-slice", "garbage-slice", "reads no record of a slice that it cannot read"},
    {"garbage-columns", "garbage-columns", "aborts at an unknown column"},
    {"errors", "errors", "leaves the status in the error as it was"},
    {"errors-size", "errors", "writes a member that the error of ABI 1.0 does not have"},
    {"errors-text", "errors", "has a message that is not UTF-8"},
    {"check", "check", "refuses every token"},
    {"plan", "plan", "plans other slices the second time"},
    {"plan-order", "plan", "plans the newest slice first"},
    {"plan-partition", "plan", "has a partition in some of the slices"},
    {"read", "read", "reads only slices that the same source has planned"},
    {"repeat", "repeat", "leaves out a record when a slice is read again"},
    {"records", "records", "has integers in a column of type string"},
    {"keys", "keys", "pushes a record twice"},
    {"columns", "columns", "pushes all columns, whichever are requested"},
    {"bounds", "bounds", "pushes a record outside its slice"},
    {"nulls", "nulls", "has a column that is always null (a warning)"},
    {"state", "state", "moves its bookmark each time that the same slice is added"},
    {"state-ignored", "state", "ignores the state in `plan`"},
    {"resume", "resume", "has a state that covers one record too many"},
    {"resume-progress", "resume", "has a state after a checkpoint that covers the slice"},
    {"refusal", "refusal", "pushes more after a batch was refused"},
    {"cancel", "cancel", "waits 1.7 s after a cancel"},
    {"unreachable", "unreachable", "returns TAPSTER_SOURCE when the network is down"},
    {"unreachable-empty", "unreachable", "reads no record when the network is down, and returns TAPSTER_OK"},
    {"secrets", "secrets", "logs the token"},
};

class Validate : public testing::Test {
 protected:
  // A copy of a library as tapster-NAME.so.
  fs::path copy(const std::string& name, const char* library = paths::broken) {
    auto file = directory_ / ("tapster-" + name + ".so");
    fs::copy_file(library, file, fs::copy_options::overwrite_existing);
    return file;
  }

  Finished run(const fs::path& file, const Arguments& more = {}) {
    Arguments arguments{"validate", file.string(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(paths::tapster, arguments,
                       {.environment = {{"TAPSTER_TEST_MARKER", (directory_ / "marker").string()}}});
  }

  Finished run_with_config(const fs::path& file, Arguments more = {}) {
    const auto config = directory_.write("config.json", R"({"token":"open-sesame"})").string();
    more.insert(more.end(), {"--config", config});
    return run(file, more);
  }

  // The rules with this result.
  static std::set<std::string> rules_that(std::string_view result, const Finished& finished) {
    std::set<std::string> names;
    const auto report = parse_json_object(finished.out, "the report");
    EXPECT_TRUE(report) << finished.out << finished.err;
    if (!report) return names;
    for (const auto& rule : report->at("rules").as_array()) {
      if (text_of(rule.as_object(), "result") == result) names.insert(text_of(rule.as_object(), "rule"));
    }
    return names;
  }

  TemporaryDirectory directory_;
};

using Names = std::set<std::string>;

TEST_F(Validate, AConnectorThatKeepsEveryRulePasses) {
  const auto finished = run_with_config(copy("broken-none"));
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
  EXPECT_EQ(rules_that("ok", finished).size(), rules().size()) << finished.out;
}

TEST_F(Validate, WithoutAConfigTheRulesThatNeedNoneAreChecked) {
  const auto finished = run(copy("broken-none"));
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
  Names skipped;
  for (const auto& rule : rules())
    if (rule.needs == Needs::config || rule.needs == Needs::sample) skipped.emplace(rule.name);
  EXPECT_EQ(rules_that("skipped", finished), skipped);
  EXPECT_EQ(rules_that("ok", finished).size() + skipped.size(), rules().size());
}

TEST_F(Validate, WithoutAConfigNoConnectionIsMade) {
  // It aborts in `check` if it can connect.
  const auto file = copy("broken-network");
  const auto finished = run(file);
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
  EXPECT_EQ(rules_that("failed", run_with_config(file)), Names{"check"});
}

TEST_F(Validate, OnlyTheStreamsThatMatchAreRead) {
  // Its flaw is in the other stream.
  const auto finished = run_with_config(copy("broken-records"), {"--select", "kinds"});
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
  const auto unknown = run_with_config(copy("broken-records"), {"--select", "kind"});
  EXPECT_EQ(unknown.exit, static_cast<int>(Exit::usage));
  EXPECT_NE(unknown.err.find(R"(--select "kind" matches no stream)"), std::string::npos) << unknown.err;
}

TEST_F(Validate, AnInvalidConfigIsAUsageError) {
  const auto config = directory_.write("config.json", R"({"token":7})").string();
  const auto finished = run(copy("broken-none"), {"--config", config});
  EXPECT_EQ(finished.exit, static_cast<int>(Exit::usage));
  EXPECT_NE(finished.err.find("\"token\" must be a string"), std::string::npos) << finished.err;
}

TEST_F(Validate, AFileThatHasNoConnectorsNameIsAUsageError) {
  const auto finished = run(directory_ / "mail.so");
  EXPECT_EQ(finished.exit, static_cast<int>(Exit::usage));
  EXPECT_NE(finished.err.find("is named tapster-NAME.so"), std::string::npos) << finished.err;
}

TEST_F(Validate, TheTableSaysWhatWasSeenAndHowToFixIt) {
  const auto file = copy("broken-version");
  const auto finished = run_program(paths::tapster, {"validate", file.string()});
  EXPECT_EQ(finished.exit, static_cast<int>(Exit::broken));
  EXPECT_NE(finished.out.find("\nversion          failed "), std::string::npos) << finished.out;
  EXPECT_NE(finished.out.find("\nversion\n  saw: its version is \"1\"\n  fix: Give it a semantic version"),
            std::string::npos)
      << finished.out;
  EXPECT_NE(finished.err.find("the connector broken-version breaks 1 rule\n"), std::string::npos)
      << finished.err;
}

TEST_F(Validate, AFindingNamesTheCallThatEndedTheProcess) {
  const auto finished = run(copy("broken-process"));
  EXPECT_NE(finished.out.find(R"(state of the stream rows, slice {\"from\":1,\"to\":10} ended the process)"),
            std::string::npos)
      << finished.out;
  const auto crashed = run(copy("broken-garbage-columns"));
  EXPECT_NE(crashed.out.find("crashed: Aborted"), std::string::npos) << crashed.out;
}

TEST_F(Validate, AFindingShowsNoSecret) {
  const auto finished = run_with_config(copy("broken-secrets"));
  EXPECT_NE(finished.out.find("the value of the secret setting token is in the log"), std::string::npos)
      << finished.out;
  EXPECT_EQ((finished.out + finished.err).find("open-sesame"), std::string::npos);
}

// host/validate/README.md has the table of rules and flaws.
TEST(ValidateReadme, ListsEveryRuleAndTheConnectorThatBreaksIt) {
  std::string table =
      "| rule | needs | what it checks | caught in the tests: a connector that |\n|---|---|---|---|\n";
  for (const auto& rule : rules()) {
    std::string caught;
    for (const auto& flaw : flaws) {
      if (rule.name == flaw.rule) caught += (caught.empty() ? "" : "; ") + std::string(flaw.what);
    }
    EXPECT_NE(caught, "") << rule.name << " is caught by no test";
    const bool needs_config = rule.needs == Needs::config || rule.needs == Needs::sample;
    table += fmt::format("| `{}` | {} | {} | {} |\n", rule.name, needs_config ? "a config" : "", rule.promise,
                         caught);
  }
  EXPECT_NE(content(paths::readme).find(table), std::string::npos) << table;
}

class ValidateFlaw : public Validate, public testing::WithParamInterface<Flaw> {};

TEST_P(ValidateFlaw, IsFoundByOneRule) {
  const auto& flaw = GetParam();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (std::string_view(flaw.name) == "leaks-memory") GTEST_SKIP() << "a sanitizer's malloc has no statistics";
#endif
  const bool is_symbols = std::string_view(flaw.name) == "symbols";
  const auto file =
      copy(std::string("broken-") + flaw.name, is_symbols ? paths::broken_symbols : paths::broken);
  if (std::string_view(flaw.name) == "file") ::chmod(file.c_str(), 0666);
  const bool is_warning = std::string_view(flaw.name) == "nulls";
  const auto finished = run_with_config(file);
  EXPECT_EQ(finished.exit, is_warning ? 0 : static_cast<int>(Exit::broken)) << finished.out << finished.err;
  EXPECT_EQ(rules_that(is_warning ? "warning" : "failed", finished), Names{flaw.rule}) << finished.out;
  EXPECT_EQ(rules_that(is_warning ? "failed" : "warning", finished), Names{}) << finished.out;
}

INSTANTIATE_TEST_SUITE_P(All, ValidateFlaw, testing::ValuesIn(flaws), [](const auto& tested) {
  std::string name = tested.param.name;
  for (auto& c : name)
    if (c == '-') c = '_';
  return name;
});

}  // namespace
}  // namespace tapster::host
