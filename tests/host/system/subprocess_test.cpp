#include "system/subprocess.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <future>
#include <stdexcept>
#include <vector>

namespace tapster::host {
namespace {

using namespace std::chrono_literals;

class Subprocesses : public testing::Test {
 protected:
  Subprocesses() { std::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<Subprocess> start(const std::string& command) {
    return started(Subprocess::start(command, listener()));
  }
  std::unique_ptr<Subprocess> fork(const std::function<void(int)>& work) {
    return started(Subprocess::fork(work, listener()));
  }

  // The child's thread's until finish() has returned.
  std::vector<std::string> out_, err_;
  bool is_early_ = false;

 private:
  Subprocess::Listener listener() {
    return {[this](std::string_view line) { out_.emplace_back(line); },
            [this](std::string_view line) { err_.emplace_back(line); }, [this] { is_early_ = true; }};
  }
  static std::unique_ptr<Subprocess> started(Outcome<std::unique_ptr<Subprocess>> child) {
    EXPECT_TRUE(child) << child.error().message;
    return *std::move(child);
  }
};

TEST_F(Subprocesses, TakesInputAndReportsOutputByLine) {
  const auto child = start("cat; echo words >&2; printf last");
  ASSERT_EQ(::write(child->input(), "one\n\ntwo\n", 9), 9);
  const auto end = child->finish();
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.unread, 0U);
  EXPECT_EQ(out_, (std::vector<std::string>{"one", "", "two", "last"}));
  EXPECT_EQ(err_, std::vector<std::string>{"words"});
  EXPECT_FALSE(is_early_);
}

TEST_F(Subprocesses, ReportsItsExitCode) {
  EXPECT_EQ(start("exit 7")->finish().code, 7);
  EXPECT_EQ(start("kill -9 $$")->finish().code, 128 + SIGKILL);
}

TEST_F(Subprocesses, ReportsUnreadInput) {
  const auto child = start("read line");
  ASSERT_EQ(::write(child->input(), "line\nmore\n", 10), 10);
  const auto end = child->finish();
  EXPECT_EQ(end.code, 0);
  // The shell reads byte by byte, and may have ended before or after we closed its input.
  EXPECT_EQ(end.unread, 5U);
}

TEST_F(Subprocesses, WritesMoreThanAPipeHoldsWhileItIsFed) {
  const auto child = start("yes | head -c 2000000; yes | head -c 2000000 >&2; cat > /dev/null");
  const std::string block(1'000'000, 'x');
  for (std::string_view rest = block; !rest.empty();) {
    const auto count = ::write(child->input(), rest.data(), rest.size());
    ASSERT_GT(count, 0);
    rest.remove_prefix(static_cast<size_t>(count));
  }
  EXPECT_EQ(child->finish().code, 0);
  EXPECT_EQ(out_.size(), 1'000'000U);
  EXPECT_EQ(err_.size(), 1'000'000U);
}

// It does not wait for a background process that keeps the outputs open.
TEST_F(Subprocesses, EndsWithItsShell) {
  const auto child = start("read line; sleep 600 & echo $!");
  ASSERT_EQ(::write(child->input(), "\n", 1), 1);
  EXPECT_EQ(child->finish().code, 0);
  ASSERT_EQ(out_.size(), 1U);
  ::kill(std::stoi(out_[0]), SIGKILL);
}

TEST_F(Subprocesses, HasDefaultSignalActions) {
  EXPECT_EQ(start("kill -PIPE $$")->finish().code, 128 + SIGPIPE);
}

TEST_F(Subprocesses, ReportsOutputOfAFork) {
  const auto child = fork([](int output) { (void)!::write(output, "one\ntwo", 7); });
  const auto end = child->finish_within(60s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, 0);
  EXPECT_EQ(out_, (std::vector<std::string>{"one", "two"}));
}

TEST_F(Subprocesses, ReportsTheSignalThatEndedAFork) {
  const auto end = fork([](int) { ::raise(SIGKILL); })->finish_within(60s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->signal, SIGKILL);
}

TEST_F(Subprocesses, ReportsThatAForkThrew) {
  const auto child = fork([](int output) {
    (void)!::write(output, "begun", 5);
    throw std::runtime_error("thrown on purpose");
  });
  const auto end = child->finish_within(60s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, Subprocess::thrown);
  EXPECT_EQ(out_, std::vector<std::string>{"begun"});
}

TEST_F(Subprocesses, KillsAForkAfterItsTimeLimit) {
  const auto child = fork([](int output) {
    (void)!::write(output, "begun", 5);
    for (;;) ::pause();
  });
  EXPECT_FALSE(child->finish_within(10ms));
}

TEST_F(Subprocesses, IsKilledIfItIsNotWaitedFor) {
  std::promise<pid_t> written;
  auto started = Subprocess::start(
      "trap '' TERM; echo $$; while :; do sleep 600; done",
      {[&](std::string_view line) { written.set_value(std::stoi(std::string(line))); }, [](auto) {}, [] {}});
  ASSERT_TRUE(started) << started.error().message;
  auto id = written.get_future();
  ASSERT_EQ(id.wait_for(60s), std::future_status::ready);
  started->reset();  // or this test would not end
  EXPECT_EQ(::kill(id.get(), 0), -1) << "it has gone, and was waited for";
}

}  // namespace
}  // namespace tapster::host
