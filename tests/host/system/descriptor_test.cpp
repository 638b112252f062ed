#include "system/descriptor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

namespace tapster::host {
namespace {

// A pipe that another process made non-blocking, and that is full.
class FullPipe : public testing::Test {
 protected:
  FullPipe() { std::signal(SIGPIPE, SIG_IGN); }
  void SetUp() override {
    ASSERT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::fcntl(ends_[1], F_SETFL, O_NONBLOCK), 0);
    const std::string page(4096, 'a');
    for (auto count = ::write(ends_[1], page.data(), page.size()); count > 0;
         count = ::write(ends_[1], page.data(), page.size()))
      size_ += static_cast<size_t>(count);
    ASSERT_EQ(errno, EAGAIN);
  }

  std::array<int, 2> ends_{-1, -1};
  size_t size_ = 0;  // of what is in the pipe
};

TEST_F(FullPipe, WriteWaitsForItsReader) {
  const std::string text(size_t{1} << 20U, 'b');
  std::string received;
  std::thread reader([&] {
    std::array<char, 4096> block{};
    for (auto count = ::read(ends_[0], block.data(), block.size()); count > 0;
         count = ::read(ends_[0], block.data(), block.size()))
      received.append(block.data(), static_cast<size_t>(count));
  });
  const auto error = write_all(ends_[1], text);
  ::close(ends_[1]);
  reader.join();
  ::close(ends_[0]);
  EXPECT_FALSE(error) << error.message();
  EXPECT_TRUE(received == std::string(size_, 'a') + text) << received.size() << " bytes";
}

TEST_F(FullPipe, WriteEndsWhenItsReaderGoes) {
  std::thread reader([&] { ::close(ends_[0]); });
  const auto error = write_all(ends_[1], "text");
  reader.join();
  ::close(ends_[1]);
  EXPECT_EQ(error, std::errc::broken_pipe) << error.message();
}

}  // namespace
}  // namespace tapster::host
