// What a person sees on a terminal of 80 columns and 24 lines.
#include <fmt/format.h>

#include <regex>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

class Terminal : public EndToEnd {
 protected:
  // What the terminal gets from a read of every stream; its records go to `output`, such as "> /dev/null".
  std::string shown(const std::string& kind, const std::string& output) {
    const auto command =
        fmt::format("stty rows 24 cols 80; TERM={} {} read postmark --config {} --state-file {} {}", kind,
                    paths::tapster, file("config.json"), file("state.json"), output);
    return run_program("script", {"-qefc", command, "/dev/null"}, run_options()).out;
  }

  // The numbers of lines by which the cursor goes up to draw the lines again.
  static std::vector<size_t> heights(const std::string& shown) {
    const std::regex up("\x1b\\[([0-9]+)F");
    std::vector<size_t> found;
    for (std::sregex_iterator match(shown.begin(), shown.end(), up), end; match != end; ++match)
      found.push_back(std::stoul((*match)[1].str()));
    return found;
  }
};

TEST_F(Terminal, ProgressFitsTheScreen) {
  latency_ = std::chrono::milliseconds(20);  // so that it is drawn several times
  start({.messages = 300, .days = 10});
  const auto text = shown("xterm", "> /dev/null");
  const auto drawn = heights(text);
  ASSERT_GT(drawn.size(), 1U) << text;
  for (const auto height : drawn) EXPECT_LE(height, 23U);
  EXPECT_NE(text.find(fmt::format("of {} streams, ", 24)), std::string::npos) << text;
  const std::regex line("[^\r\n]*\x1b\\[K");
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) {
    auto plain = std::regex_replace(match->str(), std::regex("\x1b\\[[0-9]*[A-Z]"), "");
    plain = std::regex_replace(plain, std::regex("…"), ".");
    EXPECT_LT(plain.size(), 80U) << plain;
  }
}

TEST_F(Terminal, ProgressIsNotShownWhereItWouldDisturb) {
  latency_ = std::chrono::milliseconds(20);
  start({.messages = 300, .days = 10});
  EXPECT_TRUE(heights(shown("dumb", "> /dev/null")).empty());
  std::filesystem::remove(file("state.json"));
  EXPECT_TRUE(heights(shown("xterm", "")).empty()) << "the records are on the same terminal";
}

}  // namespace
}  // namespace tapster::e2e
