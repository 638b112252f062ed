#include "plugin/plugin_search.hpp"

#include <gtest/gtest.h>

#include "paths.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

// Sets environment variables for one test. Null unsets.
class Environment {
 public:
  void set(const std::string& name, const char* value) {
    const char* old = std::getenv(name.c_str());
    before_.emplace_back(name, old == nullptr ? std::optional<std::string>() : old);
    if (value == nullptr) {
      ::unsetenv(name.c_str());
    } else {
      ::setenv(name.c_str(), value, 1);
    }
  }
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (auto entry = before_.rbegin(); entry != before_.rend(); ++entry) {
      if (entry->second) {
        ::setenv(entry->first.c_str(), entry->second->c_str(), 1);
      } else {
        ::unsetenv(entry->first.c_str());
      }
    }
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

std::vector<std::string> shown(const std::vector<PluginDirectory>& directories) {
  std::vector<std::string> lines;
  for (const auto& directory : directories) lines.push_back(directory.path.string() + " " + directory.origin);
  return lines;
}

TEST(PluginName, IsSmallLettersDigitsAndHyphens) {
  for (const char* name : {"a", "postmark", "s3", "google-ads", "a--1"})
    EXPECT_TRUE(is_plugin_name(name)) << name;
  for (const char* name : {"", "3s", "-a", "Postmark", "a_b", "../a", "a/b", "a.so", "\xC3\xA9"}) {
    EXPECT_FALSE(is_plugin_name(name)) << name;
  }
}

TEST(PluginDirectories, AreInOrderOfPrecedence) {
  Environment environment;
  environment.set("TAPSTER_PLUGIN_PATH", "/c::/d");
  environment.set("XDG_DATA_HOME", "/data");
  const auto install =
      fs::read_symlink("/proc/self/exe").parent_path().parent_path() / paths::installed_plugins;
  EXPECT_EQ(shown(plugin_directories({"/a", "/b/../b2"})),
            (std::vector<std::string>{"/a --plugin-dir", "/b2 --plugin-dir", "/c TAPSTER_PLUGIN_PATH",
                                      "/d TAPSTER_PLUGIN_PATH", "/data/tapster/plugins the user's",
                                      install.string() + " the install's"}));
}

TEST(PluginDirectories, OfTheUserAreInHomeWithoutXdg) {
  Environment environment;
  environment.set("TAPSTER_PLUGIN_PATH", nullptr);
  environment.set("XDG_DATA_HOME", "relative/is/ignored");
  environment.set("HOME", "/home/ada");
  EXPECT_EQ(shown(plugin_directories({})).front(), "/home/ada/.local/share/tapster/plugins the user's");
  environment.set("HOME", nullptr);
  EXPECT_EQ(plugin_directories({}).front().origin, "the install's");
}

TEST(FindPlugin, TakesTheFirstFile) {
  const TemporaryDirectory directory;
  directory.write("second/tapster-a.so", "");
  directory.write("third/tapster-a.so", "");
  const auto found = find_plugin("a", {{directory.path() / "first", "x"},
                                       {directory.path() / "second", "x"},
                                       {directory.path() / "third", "x"}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, directory.path() / "second/tapster-a.so");
}

TEST(FindPlugin, SaysWhyEachPlaceWasSkipped) {
  const TemporaryDirectory directory;
  directory.write("full/tapster-postmark.so", "");
  directory.write("file", "");
  const auto path = directory.path().string();
  const auto found = find_plugin("postmrk", {{directory.path() / "none", "--plugin-dir"},
                                             {directory.path() / "file", "TAPSTER_PLUGIN_PATH"},
                                             {directory.path() / "full", "the user's"}});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().exit, Exit::plugin);
  EXPECT_EQ(found.error().message,
            "there is no connector postmrk; did you mean \"postmark\"? Looked in:"
            "\n" +
                path +
                "/none (--plugin-dir): there is no such directory"
                "\n" +
                path +
                "/file (TAPSTER_PLUGIN_PATH): it is not a directory"
                "\n" +
                path + "/full (the user's): it has no tapster-postmrk.so");
}

TEST(FindPlugin, RefusesANameThatCouldBeAPath) {
  const auto found = find_plugin("../../etc/x", {});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().exit, Exit::usage);
}

TEST(FindPlugin, StopsAtABrokenLink) {
  const TemporaryDirectory directory;
  fs::create_directories(directory.path() / "first");
  fs::create_symlink("/no/such/file", directory.path() / "first/tapster-a.so");
  directory.write("second/tapster-a.so", "");
  const auto found =
      find_plugin("a", {{directory.path() / "first", "x"}, {directory.path() / "second", "x"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, directory.path() / "first/tapster-a.so");
}

TEST(AllPlugins, AreListedOncePerNameInOrder) {
  const TemporaryDirectory directory;
  for (const char* file :
       {"one/tapster-b.so", "one/tapster-a.so", "two/tapster-b.so", "two/tapster-c.so", "two/libtapster.so",
        "two/tapster-.so", "two/tapster-X.so", "two/tapster-d.so.bak"}) {
    directory.write(file, "");
  }
  std::vector<std::string> found;
  for (const auto& file : all_plugins({{directory.path() / "one", "x"}, {directory.path() / "two", "x"}})) {
    found.push_back(file.name + " " + fs::relative(file.path, directory.path()).string());
  }
  EXPECT_EQ(found,
            (std::vector<std::string>{"a one/tapster-a.so", "b one/tapster-b.so", "c two/tapster-c.so"}));
}

}  // namespace
}  // namespace tapster::host
