// Completion at a prompt: each shell sources the script of the program and requests the next words.
#include "commands/completion.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "paths.hpp"
#include "support/process.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

class Completion : public testing::Test {
 protected:
  // The words that a shell offers for the line, sorted, with a space between.
  std::string offered(const std::string& shell, const std::string& line) {
    const auto bin = std::filesystem::path(paths::tapster).parent_path().string();
    const Environment plugins{{"TAPSTER_PLUGIN_PATH", paths::plugins}};
    const auto script = directory_.write(
        "script." + shell, run_program(paths::tapster, {"completion", shell}, {.environment = plugins}).out);
    directory_.write("config.json", R"({"count":3})");
    std::string code;
    if (shell == "bash") {
      // What readline does: the words of the line, and the one that the cursor is at.
      code = "source " + script.string() + "; compopt() { echo \"[$*]\"; }; COMP_WORDS=(" + line + "); [[ '" +
             line +
             "' == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
             "_tapster; printf '%s\\n' \"${COMPREPLY[@]}\"";
    } else if (shell == "zsh") {
      code = "compdef() {}; source " + script.string() +
             "; _describe() { print -l -- ${${(P)2}%%:*} }; compset() { }; _files() { echo \"[files $*]\" }; "
             "words=(" +
             line + "); [[ '" + line + "' == *' ' ]] && words+=(''); CURRENT=$#words; _tapster";
    } else {
      code = "source " + script.string() + "; complete -C '" + line + "' | string replace -r '\\t.*' ''";
    }
    const auto* no_settings = shell == "bash" ? "--norc" : shell == "zsh" ? "-f" : "--no-config";
    const auto ended = run_program(
        shell, {no_settings, "-c", code},
        {.environment = {{"HOME", directory_.path()},
                         {"XDG_DATA_HOME", ""},
                         {"XDG_CONFIG_HOME", ""},
                         {"PATH", directory_.path().string() + ":" + bin + ":" + std::getenv("PATH")},
                         {"TAPSTER_PLUGIN_PATH", paths::plugins}},
         .directory = directory_.path(),
         .joins_outputs = true});
    auto words = lines_of(ended.out);
    std::erase(words, "");
    std::sort(words.begin(), words.end());
    return fmt::format("{}", fmt::join(words, " "));
  }

  // A link NAME to the program, in a directory that is first in PATH.
  void link_program(const std::string& name) {
    std::filesystem::create_symlink(paths::tapster, directory_.path() / name);
  }
  static std::string complete_words(std::vector<std::string> words, const Environment& environment = {}) {
    words.insert(words.begin(), "complete");
    return run_program(paths::tapster, words, {.environment = environment}).out;
  }

  TemporaryDirectory directory_;
};

class CompletionIn : public Completion, public testing::WithParamInterface<const char*> {};

TEST_P(CompletionIn, OffersCommandsConnectorsStreamsAndValues) {
  const std::string shell = GetParam();
  EXPECT_EQ(offered(shell, "tapster inf"), "info");
  EXPECT_EQ(offered(shell, "tapster read coun"), "counter");
  EXPECT_EQ(offered(shell, "tapster preview counter --config config.json "), "extras letters numbers");
  EXPECT_EQ(offered(shell, "tapster read counter --config config.json --select nu"), "numbers");
  EXPECT_EQ(offered(shell, "tapster read counter --state-f"), "--state-file");
  EXPECT_EQ(offered(shell, "tapster read counter --log-format "), "json text");
}

TEST_P(CompletionIn, LeavesFilesToTheShell) {
  const std::string shell = GetParam();
  const auto offer = offered(shell, "tapster read counter --config conf");
  const std::string expected = shell == "bash" ? "[-o default]" : shell == "zsh" ? "[files ]" : "config.json";
  EXPECT_EQ(offer, expected);
}

TEST_P(CompletionIn, OffersColumnsAfterTheStream) {
  const std::string shell = GetParam();
  EXPECT_EQ(offered(shell, "tapster read counter --config config.json --select numbers.i"), "numbers.id");
  EXPECT_EQ(offered(shell, "tapster read counter --config config.json --exclude letters.lette"),
            "letters.letter");
}

TEST_P(CompletionIn, CompletesTheValueAfterAnEqualsSign) {
  const std::string shell = GetParam();
  const std::string option = shell == "fish" ? "--log-format=" : "";
  EXPECT_EQ(offered(shell, "tapster read counter --log-format=js"), option + "json");
  const auto files = shell == "bash" ? "[-o default]" : shell == "zsh" ? "[files ]" : "--config=config.json";
  EXPECT_EQ(offered(shell, "tapster read counter --config=conf"), files);
}

TEST_P(CompletionIn, CompletesTheTapsAndSourcesOfTheConnectors) {
  const std::string shell = GetParam();
  link_program("tap-counter");
  link_program("source-counter");
  EXPECT_EQ(offered(shell, "tap-counter --test_c"), "--test_connection");
  EXPECT_EQ(offered(shell, "tap-counter --test "), "all records schema");
  EXPECT_EQ(offered(shell, "source-counter disc"), "discover");
  EXPECT_EQ(offered(shell, "source-counter discover --conf"), "--config");
}

TEST_F(Completion, ScriptsNameTheProgramsOfEachConnector) {
  EXPECT_NE(completion_script("bash").find("\ncomplete -F _tapster tapster tap-"), std::string::npos);
  EXPECT_EQ(completion_script("zsh").find("#compdef tapster tap-"), 0U);
  EXPECT_NE(completion_script("fish").find("\ncomplete -c tap-"), std::string::npos);
}

TEST_F(Completion, WordsHaveDescriptions) {
  const auto words = complete_words({"inf"});
  EXPECT_EQ(words, "info\tShow a connector's settings and, with --config, its streams\n");
  EXPECT_EQ(complete_words({"read", "counter", "--vali"}),
            "--validate\tCheck each record against its stream's schema\n");
}

TEST_F(Completion, OffersAColumnWhoseSchemaIsTrue) {
  const auto config = directory_.write("config.json", "{}").string();
  EXPECT_EQ(complete_words({"read", "replication-key-gaps", "--config", config, "--select", "s."},
                           {{"TAPSTER_PLUGIN_PATH", paths::broken_plugins}}),
            "s.n\ns.m\n");
}

INSTANTIATE_TEST_SUITE_P(EachShell, CompletionIn, testing::Values("bash", "zsh", "fish"),
                         [](const auto& shell) { return std::string(shell.param); });

}  // namespace
}  // namespace tapster::host
