// The order in which a run makes its files last, as a preloaded library sees it: a machine that goes down at
// any moment must not leave a state that covers records it lost, or a file that no state covers.
#include <set>
#include <sstream>

#include "program.hpp"

namespace tapster::host {
namespace {

// What a crash could still take away.
class Disk {
 public:
  void write(const fs::path& path) {
    if (known_.insert(path).second) unsynced_names_.insert(path.parent_path());
    unsynced_.insert(path);
    uncovered_.insert(path);
  }
  void sync(const fs::path& path) {
    unsynced_.erase(path);
    unsynced_names_.erase(path);
  }
  void rename(const fs::path& from, const fs::path& to) {
    for (const auto& path : unsynced_)
      EXPECT_FALSE(is_below(path, from)) << path << " gets its name " << to << " before it is synced";
    for (const auto& folder : unsynced_names_)
      EXPECT_FALSE(is_below(folder, from)) << folder << " gets its name " << to << " before it is synced";
    if (to.filename() == "state.json") {
      unsynced_names_.erase(to.parent_path());  // state.json.new itself
      for (const auto& path : unsynced_)
        EXPECT_TRUE(is_new_set(path)) << path << " is not synced when a state covers it";
      for (const auto& folder : unsynced_names_)
        EXPECT_TRUE(is_new_set(folder))
            << "names in " << folder << " are not synced when a state covers them";
      uncovered_.clear();
      ++states_;
    } else {
      for (const auto& path : uncovered_)
        EXPECT_FALSE(is_below(path, from) && path.extension() == ".part" && !is_new_set(path))
            << path << " gets its name before a state covers it";
    }
    unsynced_names_.insert(to.parent_path());
    ++renames_;
  }
  // At the end of a run.
  void expect_all_synced() const {
    EXPECT_TRUE(unsynced_.empty()) << *unsynced_.begin();
    EXPECT_TRUE(unsynced_names_.empty()) << *unsynced_names_.begin();
  }
  [[nodiscard]] int states() const { return states_; }
  [[nodiscard]] int renames() const { return renames_; }

 private:
  static bool is_below(const fs::path& path, const fs::path& folder) {
    return path == folder || path.string().starts_with(folder.string() + "/");
  }
  // Of a stream that is read in full: no state covers it before it is complete.
  static bool is_new_set(const fs::path& path) { return path.string().find(".new") != std::string::npos; }

  std::set<fs::path> known_, unsynced_, unsynced_names_;
  std::set<fs::path> uncovered_;  // written since the last state
  int states_ = 0, renames_ = 0;
};

class Durability : public Program {
 protected:
  Disk run_traced(Arguments more) {
    const auto trace = (directory_.path() / "trace").string();
    Arguments arguments{
        "read",     "counter", "--config",          config(R"({"count":10,"slices":5,"batch":1})"),
        "--output", below_,    "--state-file",      below_ + "/state.json",
        "--jobs",   "1",       "--commit-interval", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ended = run(
        arguments,
        {{"LD_PRELOAD", paths::durability}, {"TAPSTER_TEST_TRACE", trace}, {"TAPSTER_TEST_BELOW", below_}});
    EXPECT_EQ(ended.exit, 0) << ended.err;
    Disk disk;
    std::istringstream lines(content(trace));
    for (std::string what, from, to; lines >> what >> from;) {
      if (what == "write") disk.write(from);
      if (what == "sync") disk.sync(from);
      if (what == "rename" && lines >> to) disk.rename(from, to);
    }
    fs::remove(trace);
    return disk;
  }
  const std::string below_ = (directory_.path() / "out").string();
};

TEST_F(Durability, RecordsAreOnDiskBeforeAStateCoversThemAndFilesGetTheirNamesAfter) {
  for (const Arguments& options : {Arguments{}, Arguments{"--max-file-rows", "3"},
                                   Arguments{"--max-file-rows", "3", "--compress", "zstd"}}) {
    for (int round = 0; round < 2; ++round) {  // the second replaces the stream that is read in full
      const auto disk = run_traced(options);
      disk.expect_all_synced();
      EXPECT_GE(disk.states(), 2);
      EXPECT_GT(disk.renames(), disk.states());
    }
    fs::remove_all(below_);
  }
}

}  // namespace
}  // namespace tapster::host
