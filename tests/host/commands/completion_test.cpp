// Completion as it happens at a prompt: each shell reads the program's script and asks it what may come next.
#include "commands/completion.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "paths.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

class Completion : public testing::Test {
 protected:
  // The words that a shell offers for what stands on the line, sorted, with a space between.
  std::string offered(const std::string& shell, const std::string& line) {
    const auto script = directory_.write("script." + shell, completion_script(shell));
    const auto config = directory_.write("config.json", R"({"count":3})");
    std::string code;
    if (shell == "bash") {
      // What readline does: the words of the line, and the one that the cursor is at.
      code = "source " + script.string() + "; compopt() { echo \"[$*]\"; }; COMP_WORDS=(" + line + "); [[ '" +
             line +
             "' == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
             "_tapster; printf '%s\\n' \"${COMPREPLY[@]}\"";
    } else if (shell == "zsh") {
      code = "compdef() {}; source " + script.string() +
             "; compadd() { print -l -- ${(P)2} }; _files() { echo \"[files $*]\" }; "
             "words=(" +
             line + "); [[ '" + line + "' == *' ' ]] && words+=(''); CURRENT=$#words; _tapster";
    } else {
      code = "source " + script.string() + "; complete -C '" + line + "' | string replace -r '\\t.*' ''";
    }
    const auto command = "cd '" + directory_.path().string() +
                         "' && export HOME=$PWD XDG_DATA_HOME= XDG_CONFIG_HOME= PATH='" +
                         std::filesystem::path(paths::tapster).parent_path().string() +
                         "':$PATH TAPSTER_PLUGIN_PATH='" + paths::plugins + "' && " + shell +
                         (shell == "bash"  ? " --norc"
                          : shell == "zsh" ? " -f"
                                           : " --no-config") +
                         " -c " + quoted(code) + " 2>&1 | sort";
    std::FILE* output = ::popen(command.c_str(), "r");
    std::string words;
    std::string word;
    for (int c = 0; (c = std::fgetc(output)) != EOF;) {
      if (c != '\n') {
        word.push_back(static_cast<char>(c));
      } else if (!word.empty()) {
        words += (words.empty() ? "" : " ") + std::exchange(word, {});
      }
    }
    ::pclose(output);
    return words;
  }
  static std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
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

INSTANTIATE_TEST_SUITE_P(EachShell, CompletionIn, testing::Values("bash", "zsh", "fish"),
                         [](const auto& shell) { return std::string(shell.param); });

}  // namespace
}  // namespace tapster::host
