#include "state/state.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

std::string refused(std::string_view text) {
  const auto state = State::parse(text, "state.json");
  if (state) return "taken";
  EXPECT_EQ(state.error().exit, Exit::usage);
  return state.error().message;
}

TEST(State, KeepsBookmarksAndUnknownMembers) {
  auto state = *State::parse(
      R"({"bookmarks":{"a":{"id":1},"other":{"x":[1]}},"note":"kept","currently_syncing":"a"})", "s");
  EXPECT_EQ(state.bookmark("a"), R"({"id":1})");
  EXPECT_EQ(state.bookmark("b"), "");
  state.set_bookmark("a", R"({"id":2})");
  EXPECT_EQ(state.to_json(),
            R"({"bookmarks":{"a":{"id":2},"other":{"x":[1]}},"note":"kept","currently_syncing":"a"})");
}

TEST(State, KeepsTheBytesOfUnknownMembers) {
  const std::string text =
      R"({"note":{"big":18446744073709551616123,"huge":1e999,"long":1.00,"text":"a, \"b\": {"},)"
      R"("bookmarks":{"other":{"at":-0.10e2},"a":{"id":1e999}}})";
  auto state = *State::parse(text, "s");
  EXPECT_EQ(state.to_json(), text);
  EXPECT_EQ(state.bookmark("a"), R"({"id":1e999})");
  state.set_version("other", 5);
  EXPECT_EQ(state.bookmark("other"), R"({"at":-0.10e2})");
  EXPECT_EQ(State::parse(R"({"completed":{"singer_state":)" + text + "}}", "s")->to_json(), text);
}

TEST(State, TakesAStateLineOfATap) {
  EXPECT_EQ(State::parse(R"({"type":"STATE","value":{"bookmarks":{"a":{"id":1}}}})", "s")->to_json(),
            R"({"bookmarks":{"a":{"id":1}}})");
}

TEST(State, WithoutBookmarksIsRefusedWithWhatWasFound) {
  const auto state = State::parse(R"({"BouncedAt":"2026-01-31","bookmark":{}})", "state.json");
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().message,
            "state.json: expected a Singer state, {\"bookmarks\":{\"STREAM\":{...}}}, and found no "
            "\"bookmarks\" but "
            "BouncedAt, bookmark: correct it, or remove the file to read from the start");
}

TEST(State, KnowsTheShardThatItIsOf) {
  auto state = *State::parse(R"({"bookmarks":{}})", "s");
  EXPECT_FALSE(state.shard());
  state.set_shard({"a plan", 3, 8});
  const std::string text = R"({"bookmarks":{},"tapster_shard":{"plan":"a plan","index":3,"count":8}})";
  EXPECT_EQ(state.to_json(), text);
  EXPECT_EQ(state.to_singer(), text);
  EXPECT_EQ(State::parse(text, "s")->shard(), (ShardId{"a plan", 3, 8}));
  for (const auto* wrong : {"3", R"({"plan":"","index":1,"count":1})", R"({"plan":"p","index":0,"count":1})",
                            R"({"plan":"p","index":2,"count":1})"})
    EXPECT_EQ(refused(fmt::format(R"({{"bookmarks":{{}},"tapster_shard":{}}})", wrong)),
              "state.json: \"tapster_shard\" must be a shard, with plan, index and count: correct it, or "
              "remove the "
              "file to read from the start");
}

TEST(State, MembersOfItsOwnThatAreNestedDeeplyAreRefused) {
  std::string deep = "1";
  for (int i = 0; i < 50; ++i) deep = fmt::format(R"({{"a":{}}})", deep);
  for (const auto* member : {"tapster_shard", "tapster_parts"}) {
    const auto why = refused(fmt::format(R"({{"bookmarks":{{}},"{}":{}}})", member, deep));
    EXPECT_NE(why.find(member), std::string::npos) << why;
  }
}

TEST(State, IsOneLineWithoutSpaces) {
  EXPECT_EQ(State::parse("{ \"bookmarks\" : {\n\"a b\": {\t\"x\" : [ 1 , \" y\" ]\r\n}} }", "s")->to_json(),
            R"({"bookmarks":{"a b":{"x":[1," y"]}}})");
}

TEST(State, TheLastOfTwoMembersWithOneNameWins) {
  EXPECT_EQ(State::parse(R"({"bookmarks":{"a":{"n":1},"\u0061":{"n":2}}})", "s")->to_json(),
            R"({"bookmarks":{"a":{"n":2}}})");
}

TEST(State, KnowsWhichStreamIsSyncing) {
  auto state = *State::parse(R"({"bookmarks":{},"currently_syncing":"a"})", "s");
  EXPECT_EQ(state.currently_syncing(), "a");
  state.set_currently_syncing("b");
  EXPECT_EQ(state.to_singer(), R"({"bookmarks":{},"currently_syncing":"b"})");
  state.set_currently_syncing("");
  EXPECT_EQ(state.to_singer(), R"({"bookmarks":{}})");
  for (const auto* none : {R"({"bookmarks":{},"currently_syncing":null})", R"({"currently_syncing":null})",
                           R"({"bookmarks":{},"currently_syncing":7})"}) {
    EXPECT_EQ(State::parse(none, "s")->to_json(), R"({"bookmarks":{}})");
  }
  EXPECT_EQ(State::parse(R"({"currently_syncing":"a"})", "s")->currently_syncing(), "a");
}

TEST(State, KeepsAVersionBesideTheBookmark) {
  auto state = *State::parse(R"({"bookmarks":{"a":{"id":1,"version":5},"b":{"version":6},"c":{}}})", "s");
  EXPECT_EQ(state.version("a"), 5);
  EXPECT_EQ(state.bookmark("a"), R"({"id":1})");
  EXPECT_EQ(state.bookmark("b"), "");
  EXPECT_EQ(state.version("c"), std::nullopt);
  EXPECT_TRUE(state.knows("c"));
  EXPECT_FALSE(state.knows("d"));
  state.set_bookmark("a", R"({"id":2})");
  state.set_version("c", 7);
  state.set_version("d", 8);
  EXPECT_EQ(
      state.to_singer(),
      R"({"bookmarks":{"a":{"id":2,"version":5},"b":{"version":6},"c":{"version":7},"d":{"version":8}}})");
}

TEST(State, ReadsTheInnerStateOfMeltanosStore) {
  for (const auto* text :
       {R"({"completed":{"singer_state":{"bookmarks":{"a":{"id":7}}}},"partial_state":{}})",
        R"({"completed":{"singer_state":{"bookmarks":{"a":{"id":7}}}},"partial":null})",
        R"({"partial":{"singer_state":{"bookmarks":{"a":{"id":7}}}}})",
        R"({"singer_state":{"bookmarks":{"a":{"id":7}}}})"}) {
    EXPECT_EQ(State::parse(text, "s")->to_json(), R"({"bookmarks":{"a":{"id":7}}})") << text;
  }
  for (const auto* nothing : {R"({"completed":{},"partial":{}})", R"({"completed":null,"partial":null})",
                              R"({"singer_state":{}})"}) {
    EXPECT_EQ(State::parse(nothing, "s")->to_json(), R"({"bookmarks":{}})") << nothing;
  }
}

// A bookmark is replaced as a whole: its members are only valid together.
TEST(State, MergesThePartialStateOfMeltanosStoreOverTheCompletedOne) {
  const auto state = *State::parse(
      R"({"completed":{"singer_state":{"bookmarks":{"a":{"id":7,"open":[1]},"b":{"id":1}},"note":"kept"}},)"
      R"("partial_state":{"singer_state":{"bookmarks":{"a":{"id":9},"c":{"id":2}},"currently_syncing":"c"}}})",
      "s");
  EXPECT_EQ(
      state.to_json(),
      R"({"bookmarks":{"a":{"id":9},"b":{"id":1},"c":{"id":2}},"note":"kept","currently_syncing":"c"})");
}

TEST(State, AnEmptyObjectIsAFirstRun) {
  const auto state = *State::parse("{}", "s");
  EXPECT_FALSE(state.has_bookmarks());
  EXPECT_EQ(state.to_json(), R"({"bookmarks":{}})");
}

TEST(State, RejectsADamagedStateAndSaysWhere) {
  EXPECT_NE(refused("{\"bookmarks\":{").find("state.json is not JSON: it ends too early"), std::string::npos);
  EXPECT_NE(refused("7").find("state.json must be a JSON object"), std::string::npos);
  EXPECT_NE(refused("[1]").find("state.json"), std::string::npos);
  EXPECT_NE(refused(R"({"bookmarks":[]})").find(R"("bookmarks" must be an object)"), std::string::npos);
  EXPECT_NE(refused(R"({"bookmarks":{"a":"2026"}})").find(R"("bookmarks.a" must be an object)"),
            std::string::npos);
  EXPECT_NE(refused(R"({"value":{}})").find("found no \"bookmarks\""), std::string::npos);
  EXPECT_NE(refused(R"({"completed":true})").find("found no \"bookmarks\""), std::string::npos);
  EXPECT_NE(refused(R"({"singer_state":{"bookmarks":[]}})").find(R"("bookmarks" must be)"),
            std::string::npos);
  EXPECT_NE(refused(R"({"bookmarks":{},"tapster_parts":{"a":{"last":1,"sizes":{"a.jsonl":-1}}}})")
                .find("tapster_parts.a.sizes.a.jsonl"),
            std::string::npos);
  EXPECT_NE(refused(R"({"bookmarks":{},"tapster_parts":{"a":{"last":1,"sizes":{"../a.jsonl":1}}}})")
                .find("in the stream's folder"),
            std::string::npos);
}

TEST(State, ASingerStateHasNoParts) {
  State state;
  const StreamFiles parts{3, "20260131T120000Z", "5eed", {{"a-1.jsonl", 12}}};
  state.set_files("a", parts);
  state.set_files("none", {});
  EXPECT_EQ(state.files("a"), parts);
  EXPECT_EQ(state.files("none"), StreamFiles());
  EXPECT_EQ(state.files("b"), std::nullopt);
  EXPECT_EQ(state.to_singer(), R"({"bookmarks":{}})");
  EXPECT_EQ(State::parse(state.to_json(), "s")->files("a"), parts);
}

TEST(StateFile, AMissingFileIsAnEmptyState) {
  const TemporaryDirectory directory;
  const auto file = StateFile::open(directory.path() / "new" / "state.json");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_FALSE(file->read()->has_bookmarks());
  ASSERT_TRUE(file->replace(*State::parse(R"({"bookmarks":{"a":{"id":1}}})", "s")));
  EXPECT_EQ(file->read()->bookmark("a"), R"({"id":1})");
}

TEST(StateFile, RejectsASecondRunWhileTheFirstHasTheLock) {
  const TemporaryDirectory directory;
  {
    const auto first = StateFile::open(directory.path() / "state.json");
    ASSERT_TRUE(first);
    const auto second = StateFile::open(directory.path() / "state.json");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().exit, Exit::usage);
    EXPECT_NE(second.error().message.find("another run is using this state file"), std::string::npos);
  }
  EXPECT_TRUE(StateFile::open(directory.path() / "state.json"));
}

TEST(StateFile, FollowsALinkAndKeepsThePermissions) {
  const TemporaryDirectory directory;
  fs::create_directory(directory.path() / "real");
  const auto real = directory.path() / "real" / "state.json";
  const auto link = directory.path() / "link.json";
  fs::create_symlink("real/state.json", link);  // the file need not be there
  for (const auto mode : {fs::perms(0600), fs::perms(0644)}) {
    const auto file = StateFile::open(link);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_FALSE(StateFile::open(real)) << "the same file by its other name";
    if (fs::exists(real)) fs::permissions(real, mode);
    ASSERT_TRUE(file->replace(*State::parse(R"({"bookmarks":{"a":{"id":1}}})", "s")));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_TRUE(fs::is_regular_file(real) && !fs::is_symlink(real));
    fs::permissions(real, mode);
    ASSERT_TRUE(file->replace(*State::parse(R"({"bookmarks":{"a":{"id":2}}})", "s")));
    EXPECT_EQ(fs::status(real).permissions(), mode);
    EXPECT_EQ(file->read()->bookmark("a"), R"({"id":2})");
  }
}

TEST(StateFile, RejectsAFileThatIsNotRegularBeforeAnythingIsRead) {
  const TemporaryDirectory directory;
  const auto fifo = directory.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const auto& path : {fifo, fs::path("/dev/null"), directory.path()}) {
    const auto file = StateFile::open(path);
    ASSERT_FALSE(file) << path;
    EXPECT_EQ(file.error().exit, Exit::usage);
    EXPECT_NE(file.error().message.find("is not a regular file"), std::string::npos) << file.error().message;
  }
}

// `docker -v ./state.json:/state.json` makes such a mount point. The test uses a child in its own mount
// namespace.
TEST(StateFile, RejectsAMountPointBeforeAnythingIsRead) {
  const TemporaryDirectory directory;
  const auto path = directory.write("state.json", "{}");
  constexpr int no_namespace = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        ::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0)
      ::_exit(no_namespace);
    const auto file = StateFile::open(path);
    const bool is_refused = !file && file.error().exit == Exit::usage &&
                            file.error().message.find("is a mount point of its own") != std::string::npos;
    ::_exit(is_refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == no_namespace)
    GTEST_SKIP() << "this machine does not allow mount namespaces";
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(fs::exists(path.string() + ".new"));
}

TEST(StateFile, KeepsTheOldStateIfItCannotBeReplaced) {
  const TemporaryDirectory directory;
  const auto path = directory.write("state.json", R"({"bookmarks":{"a":{"id":1}}})");
  const auto file = StateFile::open(path);
  fs::create_directory(directory.path() / "state.json.new");  // where the new one would be written
  const auto replaced = file->replace(State());
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().exit, Exit::output);
  EXPECT_NE(replaced.error().message.find("state.json.new"), std::string::npos);
  EXPECT_EQ(file->read()->bookmark("a"), R"({"id":1})");
}

}  // namespace
}  // namespace tapster::host
