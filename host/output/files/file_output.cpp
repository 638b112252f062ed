// A directory with a folder of parts for each stream; see stream_folder.hpp.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "output/files/file_recovery.hpp"
#include "output/output.hpp"

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

// Puts a folder in the place of another, so that whoever looks finds one of the two whole. Where the file system cannot
// exchange them, the old one is aside for a moment.
Outcome<void> replace_folder(const fs::path& from, const fs::path& to, const fs::path& old) {
  std::error_code error;
  if (!fs::exists(to, error)) return rename_folder(from, to);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    auto synced = sync_directory(to.parent_path());
    return synced ? remove_folder(from) : synced;
  }
  auto done = rename_folder(to, old);
  if (done) done = rename_folder(from, to);
  return done ? remove_folder(old) : done;
}

Outcome<void> check_names(const std::vector<SelectedStream>& streams, const fs::path& directory) {
  for (const auto& stream : streams) {
    const auto& name = stream.alias;
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos ||
        name.ends_with(incomplete)) {
      return fail(Exit::usage, fmt::format("the stream {} cannot have a folder of its name in {}", name,
                                           directory.string()));
    }
  }
  return {};
}

// With `appends`, the streams that are not read in full grow: parts are added to them from run to run, and the state says how
// far they go. The others are fresh: each run makes new folders, aside, and puts them in place of the old ones.
class FileOutput : public Output {
 public:
  FileOutput(fs::path directory, bool appends, const PartOptions& options)
      : directory_(std::move(directory)), appends_(appends), options_(options) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) override {
    auto good = check_names(streams, directory_);
    // All of them before the first is touched: a run that is refused changes nothing.
    for (const auto& stream : streams) {
      const auto& name = stream.alias;
      if (good && grows(stream)) good = check_folder(directory_ / name, name, state.parts(name));
    }
    if (good && !std::all_of(streams.begin(), streams.end(), [&](const auto& one) { return grows(one); }))
      good = start_fresh(streams);
    for (const auto& stream : streams) {
      if (good) good = grows(stream) ? open_growing(stream.alias, state) : open_fresh(stream.alias);
    }
    if (!good || streams.empty()) return good;
    return sync_directory(directory_);
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    return files_[slice.stream].folder.write(slice.number, batch);
  }
  Outcome<void> restart(SliceId slice) override { return files_[slice.stream].folder.restart(slice.number); }
  Outcome<void> finish(SliceId slice) override { return files_[slice.stream].folder.finish(slice.number); }

  Outcome<void> commit(State& state) override {
    for (auto& files : files_) {
      if (!files.grows) continue;
      const auto parts = files.folder.commit();
      if (!parts) return tl::unexpected(parts.error());
      state.set_parts(files.name, *parts);
    }
    return {};
  }

  Outcome<void> stored() override {
    for (auto& files : files_) {
      auto kept = files.grows ? files.folder.keep() : Outcome<void>();
      if (!kept) return kept;
    }
    return {};
  }

  Outcome<void> end(size_t stream, bool complete) override {
    auto& files = files_[stream];
    auto ended = files.folder.end();
    return ended && !files.grows ? put_in_place(files, complete) : ended;
  }

 private:
  // Of one stream.
  struct Files {
    Files(std::string_view stream, bool is_growing, const fs::path& path, uint64_t last,
          const PartOptions& options)
        : name(stream), grows(is_growing), folder(path, name, last, options) {}
    const std::string name;
    const bool grows;
    StreamFolder folder;
  };

  [[nodiscard]] bool grows(const SelectedStream& stream) const { return appends_ && !stream.is_full_table(); }

  Outcome<void> lock(const fs::path& path) {
    auto made = make_directory(path);
    if (!made) return made;
    auto lock = DirectoryLock::take(path);
    if (!lock) return tl::unexpected(lock.error());
    locks_.push_back(*std::move(lock));
    return {};
  }

  Outcome<void> open_growing(const std::string& name, State& state) {
    const auto folder = directory_ / name;
    auto locked = lock(folder);
    if (!locked) return locked;
    const auto known = state.parts(name).value_or(Parts());
    auto settled = settle_folder(folder, name, known);
    if (!settled) return settled;
    state.set_parts(name, {known.last, {}});
    files_.emplace_back(name, true, folder, known.last, options_);
    return {};
  }

  // Locks the directory, as folders in it are going to be replaced.
  Outcome<void> start_fresh(const std::vector<SelectedStream>& streams) {
    auto locked = lock(directory_);
    if (!locked) return locked;
    for (const auto& stream : streams) {
      const auto folder = directory_ / stream.alias;
      if (grows(stream) || holds_only_parts(folder, stream.alias)) continue;
      return fail(Exit::usage,
                  fmt::format("{} holds files that are no parts of the stream, and would be replaced: move "
                              "them away, or use another directory",
                              folder.string()));
    }
    return {};
  }

  Outcome<void> open_fresh(const std::string& name) {
    std::error_code error;
    Outcome<void> made;
    if (fs::exists(old(name), error) && !fs::exists(directory_ / name, error))
      made = rename_folder(old(name), directory_ / name);  // a run was interrupted between the two
    if (made) made = remove_folder(aside(name));           // what an interrupted run left
    if (made) made = make_directory(aside(name));
    if (made) files_.emplace_back(name, false, aside(name), 0, options_);
    return made;
  }

  Outcome<void> put_in_place(Files& files, bool complete) {
    const auto parts = files.folder.commit();
    if (!parts) return tl::unexpected(parts.error());
    auto kept = files.folder.keep();
    if (!kept) return kept;
    const auto& name = files.name;
    const auto half = directory_ / (name + std::string(incomplete));
    if (!complete && parts->last == 0) return remove_folder(aside(name));
    if (!complete) return replace_folder(aside(name), half, old(name));
    auto replaced = replace_folder(aside(name), directory_ / name, old(name));
    return replaced ? remove_folder(half) : replaced;
  }
  [[nodiscard]] fs::path aside(const std::string& name) const { return directory_ / ("." + name + ".new"); }
  [[nodiscard]] fs::path old(const std::string& name) const { return directory_ / ("." + name + ".old"); }

  const fs::path directory_;
  const bool appends_;
  const PartOptions options_;
  std::vector<DirectoryLock> locks_;
  std::deque<Files> files_;  // a stream's at its place in the run
};

}  // namespace

std::unique_ptr<Output> file_output(fs::path directory, bool appends, const PartOptions& options) {
  return std::make_unique<FileOutput>(std::move(directory), appends, options);
}

}  // namespace tapster::host
