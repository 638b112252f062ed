// The state of a sync, in Singer's form, and the file that keeps it between runs.
// https://github.com/singer-io/getting-started/blob/master/docs/CONFIG_AND_STATE.md#state-file
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include "state/json_members.hpp"
#include "system/exit_code.hpp"
#include "system/locked_file.hpp"

namespace tapster::host {

// What a state records about a stream's files.
struct StreamFiles {
  uint64_t last = 0;   // the number of the newest; the first is 1
  std::string run;     // of the newest, as in its name: names sort in the order in which they were written
  std::string folder;  // the folder's identity, from its .tapster-folder
  std::map<std::string, uint64_t> sizes;  // bytes by name, of the parts without a final name
  bool operator==(const StreamFiles&) const = default;
};

// Which shard of which plan a state is of: see sync/shard.hpp.
struct ShardId {
  std::string plan;  // the plan's id
  size_t index = 1;  // from 1
  size_t count = 1;  // of shards
  bool operator==(const ShardId&) const = default;
};

// {"bookmarks":{STREAM:{...}},"currently_syncing":STREAM}. Members that we do not know keep their exact
// bytes, and so do bookmarks of streams that a run does not read.
class State {
 public:
  State() = default;

  // Parses a state that we, another tap, Meltano's state store or Airbyte wrote. Meltano's completed and
  // partial states are merged: a bookmark of the partial one replaces that of the completed one. A usage
  // failure says what is wrong and where; `what` names the state in it.
  // https://docs.meltano.com/concepts/state_backends
  static Outcome<State> parse(std::string_view text, std::string_view what);

  // A stream's bookmark as JSON text, without the stream's version; empty if there is none.
  [[nodiscard]] std::string bookmark(std::string_view stream) const;
  // `json` is an object.
  void set_bookmark(std::string_view stream, std::string_view json);

  // Whether the stream has a bookmark or a version.
  [[nodiscard]] bool knows(std::string_view stream) const;

  // The version of the rows of a stream's last full read; nothing if there is none. It is stored as in other
  // taps, in bookmarks.STREAM.version.
  [[nodiscard]] std::optional<int64_t> version(std::string_view stream) const;
  void set_version(std::string_view stream, int64_t version);

  // All bookmarks by stream, with their versions; each is an object.
  [[nodiscard]] const JsonMembers& bookmarks() const { return bookmarks_; }
  // Whether any stream has a bookmark or a version.
  [[nodiscard]] bool has_bookmarks() const { return !bookmarks_.empty(); }

  // The stream that a run was reading, which the next run takes first; empty for none.
  [[nodiscard]] const std::string& currently_syncing() const { return currently_syncing_; }
  void set_currently_syncing(std::string_view stream);

  // What is recorded about a stream's files; nothing if the state does not have it. `stream` is its name in
  // the output.
  [[nodiscard]] std::optional<StreamFiles> files(std::string_view stream) const;
  void set_files(std::string_view stream, StreamFiles files);

  // The shard whose state this is. Its bookmarks are the host's own, and no connector can read them. Nothing
  // for the state of a whole sync.
  [[nodiscard]] const std::optional<ShardId>& shard() const { return shard_; }
  void set_shard(const ShardId& shard);

  // The state as one line of JSON: with all members, and for a Singer STATE message, without the files.
  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] std::string to_singer() const;

 private:
  JsonMembers members_{R"({"bookmarks":{}})"};  // all; to_json replaces those that the members below have
  JsonMembers bookmarks_;
  std::string currently_syncing_;
  std::map<std::string, StreamFiles, std::less<>> files_;
  std::optional<ShardId> shard_;
};

// The state in the file at `path`, which must exist.
Outcome<State> read_state(const std::filesystem::path& path);

// A state file that the host owns. Locked until it is destroyed, so that two runs cannot use the same file.
// One thread at a time.
class StateFile {
 public:
  // Locks the file. The file and its directory need not exist yet. A usage failure if another run has the
  // lock, an output failure if the lock file cannot be created.
  static Outcome<StateFile> open(std::filesystem::path path);

  // The state in the file; an empty one if the file does not exist yet.
  [[nodiscard]] Outcome<State> read() const;

  // Replaces the state in the file, and syncs it to disk before it returns. At any moment, and after any
  // crash, a reader finds the old state or the new one, complete.
  [[nodiscard]] Outcome<void> replace(const State& state) const;

 private:
  explicit StateFile(LockedFile file) : file_(std::move(file)) {}
  LockedFile file_;
};

}  // namespace tapster::host
