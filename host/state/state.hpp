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

namespace tapster::host {

// What a state knows of a stream's files.
struct StreamFiles {
  uint64_t last = 0;   // the number of the newest; the first is 1
  std::string run;     // of the newest, as in its name: names sort in the order in which they were written
  std::string folder;  // what the folder's .tapster-folder says, so that one that was replaced is noticed
  std::map<std::string, uint64_t> sizes;  // bytes by name, of those that a run may still have been writing
  bool operator==(const StreamFiles&) const = default;
};

// {"bookmarks":{STREAM:{...}},"currently_syncing":STREAM}. A value. Members that are not ours keep their
// bytes, and so do bookmarks of streams that a run does not read.
class State {
 public:
  State() = default;

  // Reads a state as we, another tap, Meltano's state store or Airbyte wrote it. Of Meltano's completed and
  // partial states are merged: each bookmark of the partial one takes the place of the completed one's.
  // `what` names it in the failure, which is one of usage and says what is wrong where.
  // https://docs.meltano.com/concepts/state_backends
  static Outcome<State> parse(std::string_view text, std::string_view what);

  // A stream's bookmark as JSON text; empty where it has none. Without the stream's version.
  [[nodiscard]] std::string bookmark(std::string_view stream) const;
  // `json` is an object.
  void set_bookmark(std::string_view stream, std::string_view json);

  // Whether there is anything of the stream.
  [[nodiscard]] bool knows(std::string_view stream) const;

  // The version of the rows that a stream's last full read gave, kept beside the bookmark as other taps do,
  // in bookmarks.STREAM.version; nothing where it has none.
  [[nodiscard]] std::optional<int64_t> version(std::string_view stream) const;
  void set_version(std::string_view stream, int64_t version);

  // All of them, by stream; each is an object.
  [[nodiscard]] const JsonMembers& bookmarks() const { return bookmarks_; }
  // Whether any stream has one.
  [[nodiscard]] bool has_bookmarks() const { return !bookmarks_.empty(); }

  // The stream that a run was reading, which the next run takes first; empty for none.
  [[nodiscard]] const std::string& currently_syncing() const { return currently_syncing_; }
  void set_currently_syncing(std::string_view stream);

  // What is known of a stream's files, by the name it is written under; nothing where the state does not know
  // them.
  [[nodiscard]] std::optional<StreamFiles> files(std::string_view stream) const;
  void set_files(std::string_view stream, StreamFiles files);

  // One line of JSON: all of it, and what a Singer STATE message holds, which leaves out what concerns our
  // files alone.
  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] std::string to_singer() const;

 private:
  JsonMembers members_{R"({"bookmarks":{}})"};  // all; the text of the members below is made by to_json
  JsonMembers bookmarks_;
  std::string currently_syncing_;
  std::map<std::string, StreamFiles, std::less<>> files_;
};

// The state in the file at `path`, which must exist.
Outcome<State> read_state(const std::filesystem::path& path);

// A state file that the host owns. Locked for as long as it lives, so that no two runs work on one file. Its
// functions are for one thread at a time.
class StateFile {
 public:
  // Locks the file, which need not be there yet, nor its directory. A failure of usage where another run
  // holds it, of output where the lock cannot be made.
  static Outcome<StateFile> open(std::filesystem::path path);
  StateFile(StateFile&& other) noexcept;
  StateFile& operator=(StateFile&&) = delete;
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;
  ~StateFile();

  // The state in it; an empty one where the file is not there yet.
  [[nodiscard]] Outcome<State> read() const;

  // Puts this state in place of the old one, on disk before it returns. A reader of the file finds one of the
  // two complete, at any moment and after any crash.
  [[nodiscard]] Outcome<void> replace(const State& state) const;

 private:
  StateFile(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;  // the descriptor of FILE.lock
};

}  // namespace tapster::host
