#include "plugin/loader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "paths.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

const fs::path broken(paths::broken_plugins);

fs::path broken_file(const std::string& name) {
  return broken / ("tapster-" + name + ".so");
}

// The message without the file's name in front.
std::string error_of(const std::string& name) {
  const auto file = broken_file(name);
  const auto connector = load_connector(file, name);
  if (connector) return "no error";
  EXPECT_EQ(connector.error().exit, Exit::plugin);
  EXPECT_TRUE(connector.error().message.starts_with(file.string() + " ")) << connector.error().message;
  return connector.error().message.substr(file.string().size() + 1);
}

TEST(Loader, LoadsAConnector) {
  const auto connector = load_connector(fs::path(paths::plugins) / "tapster-counter.so", "counter");
  ASSERT_TRUE(connector) << connector.error().message;
  EXPECT_EQ(connector->name(), "counter");
  EXPECT_EQ(connector->version(), "1.0.0");
  EXPECT_EQ(connector->description(), "Counts, for tests");
}

TEST(Loader, SaysWhatIsWrongWithTheLibrary) {
  EXPECT_EQ(error_of("no-entry-point"), "is not a connector: it exports no tapster_connector_v1");
  EXPECT_EQ(error_of("null-table"), "cannot be used: it cannot work with this host's ABI 1.1");
  EXPECT_EQ(error_of("other-abi"), "cannot be used: it was built for ABI 2.0, and this host offers 1.1");
  EXPECT_EQ(error_of("short-table"),
            "cannot be used: its table has 112 bytes, which is less than ABI 1.0 has");
  EXPECT_EQ(error_of("no-function"), "cannot be used: its table has no function read");
  EXPECT_EQ(
      error_of("other-name"),
      "cannot be used: it is the connector \"somebody\", so its file must be named tapster-somebody.so");
}

TEST(Loader, QuotesTheDynamicLoader) {
  EXPECT_EQ(error_of("undefined-symbol"), "cannot be loaded: " + broken_file("undefined-symbol").string() +
                                              ": undefined symbol: a_function_of_no_library");
}

// The dynamic loader would wait for a FIFO's writer, and crash at a file that was cut off.
TEST(Loader, RefusesATruncatedLibraryAndOneOfAnotherMachine) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "tapster-none.so";
  const auto error = [&] {
    const auto connector = load_connector(file, "none");
    return connector ? std::string("no error") : connector.error().message;
  };
  const auto expected = [&](const std::string& why) { return file.string() + " cannot be loaded: " + why; };
  directory.write("tapster-none.so", "this is not a library");
  EXPECT_EQ(error(), expected("it is not a shared library"));
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(error(), expected("it is not a regular file"));
  fs::remove(file);

  auto whole = content(broken_file("none"));
  directory.write("tapster-none.so", whole);
  EXPECT_EQ(error(), "no error");
  for (const size_t size : {size_t{70}, whole.size() / 4, whole.size() / 2}) {
    // A loaded library must not change under the process, so each is a file of its own.
    fs::remove(file);
    directory.write("tapster-none.so", whole.substr(0, size));
    EXPECT_NE(error().find("truncated"), std::string::npos) << size << ": " << error();
  }
  auto foreign = whole;
  foreign[18] = static_cast<char>(foreign[18] + 1);  // e_machine
  fs::remove(file);
  directory.write("tapster-none.so", foreign);
  EXPECT_EQ(error(), expected("it was built for another kind of machine"));
}

TEST(Loader, ReportsABrokenLink) {
  const TemporaryDirectory directory;
  fs::create_symlink("/no/such/file", directory.path() / "tapster-a.so");
  const auto connector = load_connector(directory.path() / "tapster-a.so", "a");
  ASSERT_FALSE(connector);
  EXPECT_EQ(connector.error().exit, Exit::plugin);
  EXPECT_EQ(connector.error().message,
            (directory.path() / "tapster-a.so").string() + " cannot be loaded: No such file or directory");
}

TEST(Loader, RefusesAWorldWritableFile) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "tapster-none.so";
  fs::copy_file(broken_file("none"), file);
  ASSERT_TRUE(load_connector(file, "none"));
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  const auto connector = load_connector(file, "none");
  ASSERT_FALSE(connector);
  EXPECT_EQ(connector.error().exit, Exit::plugin);
  EXPECT_EQ(connector.error().message, file.string() + " is not loaded: " + file.string() +
                                           " is writable by everyone (fix this with chmod o-w)");
}

TEST(Loader, RefusesAWorldWritableDirectory) {
  const TemporaryDirectory directory;
  fs::create_directories(directory.path() / "open");
  fs::create_directories(directory.path() / "links");
  const auto file = directory.path() / "open/tapster-none.so";
  fs::copy_file(broken_file("none"), file);
  ASSERT_EQ(::chmod(file.parent_path().c_str(), 0777), 0);
  EXPECT_FALSE(load_connector(file, "none"));
  // A link in a safe directory does not bypass the check.
  fs::create_symlink(file, directory.path() / "links/tapster-none.so");
  EXPECT_FALSE(load_connector(directory.path() / "links/tapster-none.so", "none"));
  ASSERT_EQ(::chmod(file.parent_path().c_str(), 0755), 0);
  EXPECT_TRUE(load_connector(directory.path() / "links/tapster-none.so", "none"));
}

TEST(Loader, RefusesAFileOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const TemporaryDirectory directory;
  const auto file = directory.path() / "tapster-none.so";
  fs::copy_file(broken_file("none"), file);
  constexpr uid_t nobody = 65534;
  ASSERT_EQ(::chown(file.c_str(), nobody, nobody), 0);
  const auto connector = load_connector(file, "none");
  ASSERT_FALSE(connector);
  EXPECT_EQ(connector.error().message,
            file.string() + " is not loaded: " + file.string() + " belongs to another user (uid 65534)");
}

}  // namespace
}  // namespace tapster::host
