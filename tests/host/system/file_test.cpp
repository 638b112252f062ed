#include "system/file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

TEST(ReplaceFile, LeavesNoCopyThatCannotBeWritten) {
  const TemporaryDirectory directory;
  const auto path = directory.write("credentials.json", "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{4, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto replaced = replace_file(path, "a secret", "the credentials");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().exit, Exit::output);
  EXPECT_NE(replaced.error().message.find("credentials.json.new cannot be written: File too large"),
            std::string::npos)
      << replaced.error().message;
  EXPECT_FALSE(fs::exists(directory / "credentials.json.new"));
  EXPECT_EQ(content(path), "old");
}

TEST(ReplaceFile, LeavesNoCopyThatCannotBePutInPlace) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "credentials.json");
  const auto replaced = replace_file(directory / "credentials.json", "a secret", "the credentials");
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().message.find("cannot put the credentials in place: Is a directory"),
            std::string::npos)
      << replaced.error().message;
  EXPECT_FALSE(fs::exists(directory / "credentials.json.new"));
}

TEST(ReplaceFile, RemovesNothingThatIsNotAFile) {
  const TemporaryDirectory directory;
  const auto link = directory / "state.json.new";
  fs::create_symlink("/dev/full", link);
  EXPECT_FALSE(replace_file(directory / "state.json", "{}", "the new state"));
  EXPECT_TRUE(fs::is_symlink(link));
}

}  // namespace
}  // namespace tapster::host
