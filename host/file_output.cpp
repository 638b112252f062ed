// A directory with a folder of parts for each stream; see stream_folder.hpp.
#include <fcntl.h>
#include <fmt/format.h>

#include <deque>
#include <optional>

#include "output.hpp"

namespace tapster::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view incomplete = ".incomplete";

tl::unexpected<Failure> cannot(std::string_view what, const fs::path& path, const std::error_code& why) {
  return fail(Exit::output, fmt::format("{}: cannot {}: {}", path.string(), what, why.message()));
}

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

// Parts are added from run to run; the state says how far they go.
class GrowingFiles : public Output {
 public:
  GrowingFiles(fs::path directory, const PartOptions& options)
      : directory_(std::move(directory)), options_(options) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) override {
    auto checked = check_names(streams, directory_);
    if (!checked) return checked;
    // All of them before the first is touched: a run that is refused changes nothing.
    for (const auto& stream : streams) {
      auto fits = check_folder(directory_ / stream.alias, stream.alias, state.parts(stream.alias));
      if (!fits) return fits;
    }
    for (const auto& stream : streams) {
      const auto folder = directory_ / stream.alias;
      auto made = make_directory(folder);
      if (!made) return made;
      auto lock = DirectoryLock::take(folder);
      if (!lock) return tl::unexpected(lock.error());
      locks_.push_back(*std::move(lock));
      const auto known = state.parts(stream.alias).value_or(Parts());
      auto settled = settle_folder(folder, stream.alias, known);
      if (!settled) return settled;
      state.set_parts(stream.alias, {known.last, {}});
      folders_.emplace_back(folder, stream.alias, known.last, options_);
      names_.push_back(stream.alias);
    }
    if (!streams.empty()) return sync_directory(directory_);
    return {};
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    return folders_[slice.stream].write(slice.number, batch);
  }
  Outcome<void> restart(SliceId slice) override { return folders_[slice.stream].restart(slice.number); }
  Outcome<void> finish(SliceId slice) override { return folders_[slice.stream].finish(slice.number); }

  Outcome<void> commit(State& state) override {
    for (size_t i = 0; i < folders_.size(); ++i) {
      const auto parts = folders_[i].commit();
      if (!parts) return tl::unexpected(parts.error());
      state.set_parts(names_[i], *parts);
    }
    return {};
  }

  Outcome<void> stored() override {
    for (auto& folder : folders_) {
      auto kept = folder.keep();
      if (!kept) return kept;
    }
    return {};
  }

  Outcome<void> end(size_t stream, bool) override { return folders_[stream].end(); }

 private:
  const fs::path directory_;
  const PartOptions options_;
  std::vector<DirectoryLock> locks_;
  std::deque<StreamFolder> folders_;
  std::vector<std::string> names_;
};

// Each run makes new folders, aside, and puts them in place of the old ones.
class FreshFiles : public Output {
 public:
  FreshFiles(fs::path directory, const PartOptions& options)
      : directory_(std::move(directory)), options_(options) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State&) override {
    auto checked = check_names(streams, directory_);
    if (!checked) return checked;
    auto made = make_directory(directory_);
    if (!made) return made;
    auto lock = DirectoryLock::take(directory_);
    if (!lock) return tl::unexpected(lock.error());
    lock_.emplace(*std::move(lock));
    for (const auto& stream : streams) {
      const auto& name = stream.alias;
      if (holds_only_parts(directory_ / name, name)) continue;
      return fail(Exit::usage,
                  fmt::format("{} holds files that are no parts of the stream, and would be replaced: move "
                              "them away, or use another directory",
                              (directory_ / name).string()));
    }
    for (const auto& stream : streams) {
      const auto& name = stream.alias;
      std::error_code error;
      if (fs::exists(old(name), error) && !fs::exists(directory_ / name, error)) {
        made = rename_folder(old(name), directory_ / name);  // a run was interrupted between the two
        if (!made) return made;
      }
      made = remove_folder(aside(name));  // what an interrupted run left
      if (made) made = make_directory(aside(name));
      if (!made) return made;
      folders_.emplace_back(aside(name), name, 0, options_);
      names_.push_back(name);
    }
    return {};
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    return folders_[slice.stream].write(slice.number, batch);
  }
  Outcome<void> restart(SliceId slice) override { return folders_[slice.stream].restart(slice.number); }
  Outcome<void> finish(SliceId slice) override { return folders_[slice.stream].finish(slice.number); }
  Outcome<void> commit(State&) override { return {}; }

  Outcome<void> end(size_t stream, bool complete) override {
    auto& folder = folders_[stream];
    auto ended = folder.end();
    if (!ended) return ended;
    const auto parts = folder.commit();
    if (!parts) return tl::unexpected(parts.error());
    auto kept = folder.keep();
    if (!kept) return kept;
    const auto& name = names_[stream];
    const auto half = directory_ / (name + std::string(incomplete));
    if (!complete && parts->last == 0) return remove_folder(aside(name));
    if (!complete) return replace_folder(aside(name), half, old(name));
    auto replaced = replace_folder(aside(name), directory_ / name, old(name));
    return replaced ? remove_folder(half) : replaced;
  }

 private:
  [[nodiscard]] fs::path aside(const std::string& name) const { return directory_ / ("." + name + ".new"); }
  [[nodiscard]] fs::path old(const std::string& name) const { return directory_ / ("." + name + ".old"); }

  const fs::path directory_;
  const PartOptions options_;
  std::optional<DirectoryLock> lock_;
  std::deque<StreamFolder> folders_;
  std::vector<std::string> names_;
};

// Streams that are read in full each time have their folders replaced, the others' grow.
class MixedFiles : public Output {
 public:
  MixedFiles(const fs::path& directory, const PartOptions& options)
      : growing_(directory, options), fresh_(directory, options) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) override {
    std::vector<SelectedStream> growing;
    std::vector<SelectedStream> fresh;
    for (const auto& stream : streams) {
      auto& kind = stream.is_full_table() ? fresh : growing;
      places_.push_back({stream.is_full_table(), kind.size()});
      kind.push_back(stream);
    }
    auto started = growing_.start(growing, state);
    if (started && !fresh.empty()) started = fresh_.start(fresh, state);
    return started;
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    return of(slice.stream).write(there(slice), batch);
  }
  Outcome<void> restart(SliceId slice) override { return of(slice.stream).restart(there(slice)); }
  Outcome<void> finish(SliceId slice) override { return of(slice.stream).finish(there(slice)); }
  Outcome<void> commit(State& state) override { return growing_.commit(state); }
  Outcome<void> stored() override { return growing_.stored(); }
  Outcome<void> end(size_t stream, bool complete) override {
    return of(stream).end(places_[stream].index, complete);
  }

 private:
  struct Place {
    bool is_fresh;
    size_t index;  // among those of its kind
  };
  Output& of(size_t stream) {
    if (places_[stream].is_fresh) return fresh_;
    return growing_;
  }
  [[nodiscard]] SliceId there(SliceId slice) const { return {places_[slice.stream].index, slice.number}; }

  GrowingFiles growing_;
  FreshFiles fresh_;
  std::vector<Place> places_;
};

}  // namespace

std::unique_ptr<Output> file_output(fs::path directory, bool appends, const PartOptions& options) {
  if (appends) return std::make_unique<MixedFiles>(directory, options);
  return std::make_unique<FreshFiles>(std::move(directory), options);
}

}  // namespace tapster::host
