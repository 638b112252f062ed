#include "report/print.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tapster::host {
namespace {

TEST(Print, ReportsAFullDisk) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const auto done = print(full, "x");
  ::close(full);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, Exit::output);
  EXPECT_EQ(done.error().message, "cannot write to standard output: No space left on device");
}

}  // namespace
}  // namespace tapster::host
