// The list of `tapster select` in a terminal, as a person uses it: keys in, a catalog out.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <tapster/json.hpp>
#include <utility>

#include "paths.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

constexpr std::string_view down = "\x1bOB";  // as xterm sends it in the mode that curses asks for
constexpr std::string_view right = "\x1bOC";
constexpr std::string_view end = "\x1bOF";
constexpr std::string_view up = "\x1bOA";
constexpr std::string_view left = "\x1bOD";
constexpr std::string_view home = "\x1bOH";
constexpr std::string_view page_up = "\x1b[5~";
constexpr std::string_view page_down = "\x1b[6~";
constexpr std::string_view space = " ";

class SelectionScreen : public testing::Test {
 protected:
  ~SelectionScreen() override {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    if (terminal_ >= 0) ::close(terminal_);
  }

  // `tapster select catalog.json` in a terminal of 80 columns and 24 lines.
  void start(const char* kind = "xterm") {
    fork_in_terminal();
    if (child_ == 0) run(kind);
  }
  // The same as a shell does with "&": in a process group that is not the terminal's.
  void start_in_background() {
    fork_in_terminal();
    if (child_ != 0) return;
    const auto job = ::fork();
    if (job == 0) {
      ::setpgid(0, 0);
      run("xterm");
    }
    int status = 0;
    while (::waitpid(job, &status, WUNTRACED) < 0) {
    }
    ::kill(-job, SIGKILL);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
  }
  // Reads what the terminal is sent until that has these words in it.
  void wait_for(const std::string& words) {
    while (shown_.find(words) == std::string::npos) ASSERT_TRUE(read_some()) << shown_;
  }
  void press(std::string_view keys) {
    ASSERT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // The exit code, or 1000 + the signal that the program ended itself by.
  int finish() {
    while (read_some()) {
    }
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  // Whether the stream is selected; null if the catalog does not say.
  json::value selected(size_t stream, const std::string& breadcrumb) {
    const auto catalog = json::parse(content(catalog_));
    for (const auto& entry : catalog.at("streams").at(stream).at("metadata").as_array()) {
      if (entry.at("breadcrumb") == json::parse(breadcrumb)) return entry.at("metadata").at("selected");
    }
    return nullptr;
  }

  static std::string streams() {
    std::string text = R"({"streams":[)";
    for (int i = 0; i < 40; ++i) {
      text += std::string(i == 0 ? "" : ",") + R"({"tap_stream_id":"stream)" + std::to_string(i) +
              R"(","key_properties":["id"],"schema":{"properties":{"id":{},"name":{},"size":{}}},)"
              R"("metadata":[{"breadcrumb":[],"metadata":{"selected":false}}]})";
    }
    return text + "]}";
  }

  TemporaryDirectory directory_;
  std::filesystem::path catalog_ = directory_.write("catalog.json", streams());
  std::string shown_;
  pid_t child_ = -1;

 private:
  void fork_in_terminal() {
    const winsize size{24, 80, 0, 0};
    child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
  }
  [[noreturn]] void run(const char* kind) const {
    ::setenv("TERM", kind, 1);
    const rlimit none{};
    ::setrlimit(RLIMIT_CORE, &none);  // SIGQUIT would leave a file
    ::execl(paths::tapster, paths::tapster, "select", catalog_.c_str(), nullptr);
    ::_exit(127);
  }
  // False once nothing is to come.
  bool read_some() {
    pollfd waits{terminal_, POLLIN, 0};
    if (::poll(&waits, 1, 20'000) != 1) return false;
    std::array<char, 4096> block{};
    const auto count = ::read(terminal_, block.data(), block.size());
    if (count <= 0) return false;
    shown_.append(block.data(), static_cast<size_t>(count));
    return true;
  }
  int terminal_ = -1;
};

TEST_F(SelectionScreen, WritesTheSelection) {
  start();
  wait_for("q cancel");
  EXPECT_NE(shown_.find("stream0"), std::string::npos);
  EXPECT_EQ(shown_.find("stream30"), std::string::npos);  // below the last line
  press(std::string(down) + " ");                         // stream1
  press(right);
  press(std::string(down) + std::string(down) + " ");  // its name, off
  press(std::string(end) + " \n");                     // the last stream
  EXPECT_EQ(finish(), 0) << shown_;
  EXPECT_EQ(selected(0, "[]"), false);
  EXPECT_EQ(selected(1, "[]"), true);
  EXPECT_EQ(selected(1, R"(["properties","id"])"), true);
  EXPECT_EQ(selected(1, R"(["properties","name"])"), false);
  EXPECT_EQ(selected(1, R"(["properties","size"])"), true);
  EXPECT_EQ(selected(39, "[]"), true);
  EXPECT_EQ(json::parse(content(catalog_)).at("streams").at(0), json::parse(streams()).at("streams").at(0));
}

// A page of the 24 lines is 21 streams.
TEST_F(SelectionScreen, EachKeyMovesToItsLine) {
  start();
  wait_for("q cancel");
  for (const auto key : {page_down, space}) press(key);                // stream21
  for (const auto key : {up, space}) press(key);                       // stream20
  for (const auto key : {home, right, left, down, space}) press(key);  // stream1, as stream0 is closed again
  for (const auto key : {page_down, space, page_up, up, space}) press(key);  // stream22, stream0
  press("\n");
  EXPECT_EQ(finish(), 0) << shown_;
  for (const size_t stream : {0, 1, 20, 21, 22}) EXPECT_EQ(selected(stream, "[]"), true) << stream;
  for (const size_t stream : {2, 19, 23, 39}) EXPECT_EQ(selected(stream, "[]"), false) << stream;
}

TEST_F(SelectionScreen, QuittingKeepsTheCatalog) {
  start();
  wait_for("q cancel");
  press(" q");
  EXPECT_EQ(finish(), 0) << shown_;
  EXPECT_EQ(content(catalog_), streams());
  EXPECT_NE(shown_.find("is unchanged"), std::string::npos);
}

TEST_F(SelectionScreen, RestoresTheTerminalOnASignal) {
  for (const int number : {SIGTERM, SIGHUP, SIGQUIT}) {
    start();
    wait_for("q cancel");
    press(" ");
    ::kill(child_, number);
    EXPECT_EQ(finish(), 1000 + number) << shown_;
    EXPECT_NE(shown_.rfind("\x1b[?1049l"), std::string::npos);  // out of the screen of its own
    EXPECT_NE(shown_.rfind("\x1b[?25h"), std::string::npos);    // the cursor is to be seen again
    EXPECT_EQ(content(catalog_), streams());
    shown_.clear();
  }
}

TEST_F(SelectionScreen, EndsByTheKeysOfSignals) {
  for (const auto& [key, number] : {std::pair("\x03", SIGINT), std::pair("\x1c", SIGQUIT)}) {
    start();
    wait_for("q cancel");
    press(key);
    EXPECT_EQ(finish(), 1000 + number) << shown_;
    EXPECT_NE(shown_.rfind("\x1b[?1049l"), std::string::npos);
    shown_.clear();
  }
}

// It would be stopped for good, with the signals blocked that end it.
TEST_F(SelectionScreen, DoesNotTakeTheTerminalFromTheForeground) {
  start_in_background();
  EXPECT_EQ(finish(), 2) << shown_;
  EXPECT_NE(shown_.find("in the background"), std::string::npos) << shown_;
  EXPECT_EQ(content(catalog_), streams());
}

TEST_F(SelectionScreen, NeedsATerminalThatCanShowLists) {
  for (const std::string kind : {"no-such-terminal", "dumb"}) {
    start(kind.c_str());
    EXPECT_EQ(finish(), 2);
    EXPECT_NE(shown_.find("TERM is \"" + kind + "\""), std::string::npos) << shown_;
    EXPECT_EQ(shown_.find("stream0"), std::string::npos) << shown_;
    shown_.clear();
  }
}

}  // namespace
}  // namespace tapster::host
