#include "system/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "support/file_limit.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

using Replace = std::function<Outcome<void>(const fs::path& path, std::string_view text)>;

// Both ways to replace a file.
const std::vector<Replace> ways = {
    [](const fs::path& path, std::string_view text) { return replace_file(path, text, "the secret"); },
    [](const fs::path& path, std::string_view text) {
      return replace_locked_file(path, text, "the secret");
    }};

std::vector<std::string> names(const fs::path& directory) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(directory)) found.push_back(entry.path().filename());
  return found;
}

TEST(ReplaceFile, LeavesNoCopyThatCannotBeWritten) {
  for (const auto& replace : ways) {
    const TemporaryDirectory directory;
    const auto path = directory.write("credentials.json", "old");
    std::signal(SIGXFSZ, SIG_IGN);
    std::optional<FileLimit> limit(4);
    const auto replaced = replace(path, "a secret");
    limit.reset();
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().exit, Exit::output);
    EXPECT_NE(replaced.error().message.find(".new cannot be written: File too large"), std::string::npos)
        << replaced.error().message;
    EXPECT_EQ(names(directory.path()), std::vector<std::string>{"credentials.json"});
    EXPECT_EQ(content(path), "old");
  }
}

TEST(ReplaceFile, LeavesNoCopyThatCannotBePutInPlace) {
  for (const auto& replace : ways) {
    const TemporaryDirectory directory;
    fs::create_directory(directory / "credentials.json");
    const auto replaced = replace(directory / "credentials.json", "a secret");
    ASSERT_FALSE(replaced);
    EXPECT_NE(replaced.error().message.find("cannot put the secret in place: Is a directory"),
              std::string::npos)
        << replaced.error().message;
    EXPECT_EQ(names(directory.path()), std::vector<std::string>{"credentials.json"});
  }
}

TEST(ReplaceFile, TouchesNoOtherFile) {
  const TemporaryDirectory directory;
  const auto path = directory.write("catalog.json", "old");
  directory.write("catalog.json.new", "mine");
  ASSERT_TRUE(replace_file(path, "new", "the catalog"));
  EXPECT_EQ(content(path), "new");
  EXPECT_EQ(content(directory / "catalog.json.new"), "mine");
  EXPECT_EQ(names(directory.path()).size(), 2U);
}

TEST(ReplaceFile, FollowsALinkAndKeepsThePermissions) {
  for (const auto& replace : ways) {
    const TemporaryDirectory directory;
    const auto path = directory.write("real.json", "old");
    fs::permissions(path, fs::perms(0640));
    fs::create_symlink("real.json", directory / "link.json");
    ASSERT_TRUE(replace(directory / "link.json", "new"));
    EXPECT_TRUE(fs::is_symlink(directory / "link.json"));
    EXPECT_EQ(content(path), "new");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0640));
  }
}

// A descriptor that was opened before the permissions were set would show what is written later.
TEST(ReplaceFile, IsPrivateFromTheStart) {
  const auto umask = ::umask(0);
  for (const auto& replace : ways) {
    const TemporaryDirectory directory;
    const auto path = directory.write("credentials.json", "old");
    fs::permissions(path, fs::perms(0600));
    std::atomic<bool> is_over = false;
    std::atomic<int> open_to_all = 0;
    std::thread watcher([&] {
      while (!is_over) {
        std::error_code error;
        for (fs::directory_iterator entries(directory.path(), error);
             !error && entries != fs::directory_iterator(); entries.increment(error)) {
          struct stat status {};
          if (::stat(entries->path().c_str(), &status) == 0 && (status.st_mode & 0077U) != 0) ++open_to_all;
        }
      }
    });
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(replace(path, "a secret"));
    is_over = true;
    watcher.join();
    EXPECT_EQ(open_to_all, 0);
  }
  ::umask(umask);
}

TEST(ReplaceFile, ANameMayBeAsLongAsTheFileSystemTakes) {
  const TemporaryDirectory directory;
  const auto path = directory.write(std::string(250, 'x'), "old");
  EXPECT_TRUE(replace_file(path, "new", "the metrics"));
  EXPECT_EQ(content(path), "new");
}

TEST(ReplaceLockedFile, TakesTheNameThatACrashHasLeft) {
  const TemporaryDirectory directory;
  const auto path = directory.write("state.json", "old");
  directory.write("state.json.new", "half of a long st");
  ASSERT_TRUE(replace_locked_file(path, "new", "the state"));
  EXPECT_EQ(content(path), "new");
  EXPECT_EQ(names(directory.path()), std::vector<std::string>{"state.json"});
}

TEST(ReplaceLockedFile, WritesToNothingButAFile) {
  const TemporaryDirectory directory;
  const auto path = directory.write("state.json", "old");
  const auto precious = directory.write("precious", "mine");
  const auto aside = directory / "state.json.new";
  fs::create_symlink(precious, aside);
  EXPECT_FALSE(replace_locked_file(path, "new", "the state"));
  EXPECT_EQ(content(precious), "mine");
  EXPECT_TRUE(fs::is_symlink(aside));
  fs::remove(aside);
  ASSERT_EQ(::mkfifo(aside.c_str(), 0600), 0);
  EXPECT_FALSE(replace_locked_file(path, "new", "the state"));
  EXPECT_TRUE(fs::is_fifo(aside));
  EXPECT_EQ(content(path), "old");
}

TEST(CheckReplaceable, RefusesWhatIsNotAFile) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(check_replaceable(directory.write("file", "old")));
  EXPECT_TRUE(check_replaceable(directory / "none"));
  EXPECT_TRUE(check_replaceable(directory / "none/none"));
  const auto fifo = directory / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  fs::create_symlink(fifo, directory / "link");
  for (const auto& path : {fifo, directory / "link", fs::path("/dev/null")}) {
    const auto checked = check_replaceable(path);
    ASSERT_FALSE(checked) << path;
    EXPECT_EQ(checked.error().exit, Exit::usage);
  }
}

}  // namespace
}  // namespace tapster::host
