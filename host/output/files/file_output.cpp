#include "output/files/file_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "output/files/file_recovery.hpp"
#include "output/files/schema_file.hpp"
#include "output/files/stream_folder.hpp"
#include "output/schema_message.hpp"

namespace tapster::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view incomplete = ".incomplete";

Outcome<void> make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return cannot("make the directory", path, error);
  return {};
}

Outcome<void> remove_folder(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return cannot("remove", path, error);
  return {};
}

Outcome<void> rename_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return cannot(fmt::format("rename to {}", to.string()), from, error);
  return sync_directory(to.parent_path());
}

// Where a folder is while replace_folder replaces it.
fs::path old_of(const fs::path& folder) {
  return folder.parent_path() / ("." + folder.filename().string() + ".old");
}

// Replaces a folder by another, so that a reader finds either the old or the new one, complete. If the file
// system cannot exchange the two (NFS, SMB), there is a moment without a folder.
Outcome<void> replace_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(to, error)) return rename_folder(from, to);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    auto synced = sync_directory(to.parent_path());
    return synced ? remove_folder(from) : synced;
  }
  const auto old = old_of(to);
  auto done = rename_folder(to, old);
  if (done) done = rename_folder(from, to);
  return done ? remove_folder(old) : done;
}

// Ends what replace_folder did not, because its run was killed: restores the old folder if the new one is not
// there, and else removes it.
Outcome<void> settle_replaced(const fs::path& folder) {
  std::error_code error;
  const auto old = old_of(folder);
  if (!fs::exists(old, error)) return {};
  const bool is_replaced = fs::exists(folder, error) && !fs::is_empty(folder, error);
  return is_replaced ? remove_folder(old) : rename_folder(old, folder);
}

Outcome<void> check_names(const std::vector<SelectedStream>& streams, const fs::path& directory) {
  for (const auto& stream : streams) {
    const auto& name = stream.alias;
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos ||
        name.ends_with(incomplete)) {
      return fail(Exit::usage, fmt::format("the stream {} has a name that cannot be a folder in {}", name,
                                           directory.string()));
    }
  }
  return {};
}

// With `appends`, incremental streams grow: each run adds parts, and the state has their sizes. All other
// streams are fresh: each run writes a new folder aside, and replaces the old one at the end. A run with a
// state does so only after the state that names the new files is stored, so that the next run finds its own
// files even if this one is killed.
//
// A stream's schema is on disk before any of the run's files is visible: a growing folder gets it at the
// start, and a new folder contains it when it replaces the old one.
class FileOutput : public Output {
 public:
  FileOutput(fs::path directory, bool appends, const PartOptions& options, bool overwrites)
      : directory_(std::move(directory)), appends_(appends), overwrites_(overwrites), options_(options) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) override {
    auto good = check_names(streams, directory_);
    if (!good || streams.empty()) return good;
    good = lock();
    // Check all folders before any is changed: a run that is refused changes nothing.
    for (const auto& stream : streams) {
      if (good) good = check(stream, state);
    }
    for (const auto& stream : streams) {
      if (good) good = grows(stream) ? open_growing(stream, state) : open_fresh(stream, state);
    }
    return good ? sync_directory(directory_) : good;
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    return files_[slice.stream].folder.write(slice.number, batch);
  }
  Outcome<void> restart(SliceId slice) override { return files_[slice.stream].folder.restart(slice.number); }
  Outcome<void> checkpoint(SliceId slice) override {
    return files_[slice.stream].folder.checkpoint(slice.number);
  }
  Outcome<void> finish(SliceId slice) override { return files_[slice.stream].folder.finish(slice.number); }

  Outcome<void> commit(State& state) override {
    for (auto& files : files_) {
      if (!files.grows && !files.is_pending) continue;
      auto parts = files.folder.commit();
      if (!parts) return tl::unexpected(parts.error());
      parts->run = files.options.run;
      parts->folder = files.identity;
      // The files of a complete set get their final names before any reader sees them.
      if (!files.grows) parts->sizes.clear();
      state.set_files(files.name, *std::move(parts));
    }
    return {};
  }

  Outcome<void> stored() override {
    for (auto& files : files_) {
      auto kept = files.grows ? files.folder.keep() : Outcome<void>();
      if (files.is_pending) kept = put_in_place(files, true);
      files.is_pending = false;
      if (!kept) return kept;
    }
    return {};
  }

  Outcome<void> end(size_t stream, bool complete) override {
    auto& files = files_[stream];
    auto ended = files.folder.end();
    if (!ended || files.grows) return ended;
    files.is_pending = appends_ && complete;
    return files.is_pending ? ended : put_in_place(files, complete);
  }

 private:
  // The files of one stream.
  struct Files {
    // `known`: the earlier parts, from the state or the folder. New names sort after theirs, even if the
    // clock was set back.
    Files(std::string_view stream, bool is_growing, const fs::path& path, const StreamFiles& known,
          PartOptions part_options)
        : name(stream),
          grows(is_growing),
          identity(known.folder),
          options(std::move(part_options)),
          folder(path, name, known.last, options) {}
    const std::string name;
    const bool grows;
    const std::string identity;  // of the folder; see file_recovery.hpp
    const PartOptions options;
    bool is_pending = false;  // complete, and put in place once the state is stored
    StreamFolder folder;
  };

  [[nodiscard]] bool grows(const SelectedStream& stream) const { return appends_ && !stream.is_full_table(); }

  Outcome<void> lock() {
    auto made = make_directory(directory_);
    if (!made) return made;
    auto lock = DirectoryLock::take(directory_);
    if (!lock) return tl::unexpected(lock.error());
    lock_.emplace(*std::move(lock));
    return {};
  }

  Outcome<void> check(const SelectedStream& stream, const State& state) const {
    const auto& name = stream.alias;
    const auto folder = directory_ / name;
    if (grows(stream)) {
      if (!has_other_schema(folder, name)) return check_folder(folder, name, known(stream, state));
      return fail(Exit::usage, fmt::format("{} is not the stream's schema, and would be replaced: move it "
                                           "away, or use another directory",
                                           (folder / schema_file).string()));
    }
    for (const auto& path : {folder, old_of(folder), aside(name), half(name), old_of(half(name))}) {
      const auto is_ours = holds_only_parts(path, name);
      if (!is_ours) return tl::unexpected(is_ours.error());
      if (*is_ours) continue;
      return fail(Exit::usage,
                  fmt::format("{} has files that are not parts of the stream, and would be replaced: move "
                              "them away, or use another directory",
                              path.string()));
    }
    // A read of a time range (--since, --until) has no version. It must not replace the complete set of the
    // state.
    const bool is_part = stream.is_full_by_choice && !stream.version;
    const auto owned = known(stream, state);
    if (overwrites_ || (owned && !is_part && is_folder_of(folder, name, *owned))) return {};
    std::vector<fs::path> replaced{folder, old_of(folder)};
    // With a state, the next run may replace an incomplete set.
    if (!appends_) replaced.insert(replaced.end(), {half(name), old_of(half(name))});
    for (const auto& path : replaced) {
      const auto count = count_parts(path, name);
      if (count == 0) continue;
      return fail(
          Exit::usage,
          fmt::format("{} has {} of an earlier run, and this run would replace them: use --overwrite to "
                      "replace them, {}or use another directory",
                      path.string(), count == 1 ? "a file" : fmt::format("{} files", count),
                      appends_ ? "" : "--state-file with that run's state to continue from it, "));
    }
    return {};
  }

  // What the state records about the stream's files. A state from an earlier version of this program does not
  // record the files of a full-table stream; if it has a version of the rows, the files in the folder are its
  // own.
  [[nodiscard]] std::optional<StreamFiles> known(const SelectedStream& stream, const State& state) const {
    if (!appends_) return std::nullopt;
    auto parts = state.files(stream.alias);
    if (parts || !state.version(stream.name)) return parts;
    return parts_in(directory_ / stream.alias, stream.alias);
  }

  // The earlier parts of a stream, from its state and its folder.
  [[nodiscard]] StreamFiles earlier(const std::string& name, const State& state) const {
    const auto folder = directory_ / name;
    const auto found = parts_in(folder, name);
    auto parts = state.files(name).value_or(found);
    parts.run = std::max(parts.run, found.run);
    if (parts.folder.empty()) parts.folder = identity(folder);
    if (parts.folder.empty()) parts.folder = new_identity();
    return parts;
  }

  [[nodiscard]] PartOptions options_after(const StreamFiles& parts) const {
    auto options = options_;
    options.run = std::max(options.run, parts.run);
    return options;
  }

  Outcome<void> open_growing(const SelectedStream& stream, State& state) {
    const auto& name = stream.alias;
    const auto folder = directory_ / name;
    auto made = make_directory(folder);
    if (!made) return made;
    auto parts = earlier(name, state);
    auto settled = settle_folder(folder, name, parts);
    if (settled && identity(folder) != parts.folder) settled = set_identity(folder, parts.folder);
    if (settled) settled = set_schema(folder, schema_message(stream));
    if (!settled) return settled;
    parts.sizes.clear();
    files_.emplace_back(name, true, folder, parts, options_after(parts));
    state.set_files(name, std::move(parts));
    return {};
  }

  Outcome<void> open_fresh(const SelectedStream& stream, const State& state) {
    const auto& name = stream.alias;
    const auto folder = directory_ / name;
    std::error_code error;
    auto made = settle_replaced(folder);
    if (made) made = settle_replaced(half(name));
    if (made) made = remove_folder(aside(name));  // what an interrupted run left
    if (made) made = make_directory(aside(name));
    // With a state, the new set keeps the identity of the old one, and no file name is reused. Without a
    // state, it is a new set.
    StreamFiles parts;
    parts.folder = new_identity();
    if (appends_) parts = earlier(name, state);
    if (made) made = set_identity(aside(name), parts.folder);
    if (made) made = set_schema(aside(name), schema_message(stream));
    if (made && appends_ && fs::exists(folder, error) && identity(folder) != parts.folder)
      made = set_identity(folder, parts.folder);
    if (made) files_.emplace_back(name, false, aside(name), parts, options_after(parts));
    return made;
  }

  Outcome<void> put_in_place(Files& files, bool complete) {
    const auto parts = files.folder.commit();
    if (!parts) return tl::unexpected(parts.error());
    auto kept = files.folder.keep();
    if (!kept) return kept;
    const auto& name = files.name;
    if (!complete && count_parts(aside(name), name) == 0) return remove_folder(aside(name));
    if (!complete) return replace_folder(aside(name), half(name));
    auto replaced = replace_folder(aside(name), directory_ / name);
    return replaced ? remove_folder(half(name)) : replaced;
  }
  [[nodiscard]] fs::path aside(const std::string& name) const { return directory_ / ("." + name + ".new"); }
  // Where the parts of an incomplete set are left.
  [[nodiscard]] fs::path half(const std::string& name) const {
    return directory_ / (name + std::string(incomplete));
  }

  const fs::path directory_;
  const bool appends_;
  const bool overwrites_;
  const PartOptions options_;
  std::optional<DirectoryLock> lock_;  // of directory_
  std::deque<Files> files_;            // by the stream's number in the run
};

}  // namespace

std::unique_ptr<Output> file_output(fs::path directory, bool appends, const PartOptions& options,
                                    bool overwrites) {
  return std::make_unique<FileOutput>(std::move(directory), appends, options, overwrites);
}

}  // namespace tapster::host
