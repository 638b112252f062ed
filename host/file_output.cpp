// A stream's file holds its slices in the order of the plan, so that what has been finished is always the
// front of it. The first slice that is not finished, the head, is written straight to it; the ones after it
// are kept aside and appended when they become the head.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>

#include "output.hpp"

namespace tapster::host {

namespace {

namespace fs = std::filesystem;

// An open file that is written at its end.
class File {
 public:
  static Outcome<File> open(fs::path path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0644);
    File file(std::move(path), descriptor);
    if (descriptor < 0) return file.cannot("open");
    struct stat about {};
    if (::fstat(descriptor, &about) != 0) return file.cannot("look at");
    file.size_ = static_cast<uint64_t>(about.st_size);
    return file;
  }

  File(File&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        size_(other.size_) {}
  File& operator=(File&&) = delete;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] uint64_t size() const { return size_; }

  Outcome<void> append(std::string_view data) {
    while (!data.empty()) {
      const auto written = ::write(descriptor_, data.data(), data.size());
      if (written < 0 && errno != EINTR) return cannot("write");
      if (written < 0) continue;
      size_ += static_cast<uint64_t>(written);
      data.remove_prefix(static_cast<size_t>(written));
    }
    return {};
  }

  Outcome<void> append(const File& other) {
    std::string buffer(size_t{256} << 10U, '\0');
    for (uint64_t at = 0; at < other.size_;) {
      const auto count = ::pread(other.descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return other.cannot("read back");
      auto appended = append(std::string_view(buffer).substr(0, static_cast<size_t>(count)));
      if (!appended) return appended;
      at += static_cast<uint64_t>(count);
    }
    return {};
  }

  Outcome<void> cut(uint64_t size) {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return cannot("cut");
    size_ = size;
    return {};
  }

  Outcome<void> sync() const {
    if (::fdatasync(descriptor_) != 0) return cannot("see to the disk");
    return {};
  }

  // Gives the file another name, in place of whatever has it.
  Outcome<void> rename(fs::path path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) return cannot("rename");
    path_ = std::move(path);
    return {};
  }

  void remove() const { ::unlink(path_.c_str()); }

 private:
  File(fs::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  [[nodiscard]] tl::unexpected<Failure> cannot(std::string_view what) const {
    return fail(Exit::output, fmt::format("{}: cannot {}: {}", path_.string(), what, std::strerror(errno)));
  }

  fs::path path_;
  int descriptor_;
  uint64_t size_ = 0;
};

// The file of one stream.
class StreamFile {
 public:
  // `whole` is the file; `side` where slices that are not the head are kept, a number is added.
  StreamFile(File whole, fs::path side)
      : whole_(std::move(whole)), side_(std::move(side)), finished_(whole_.size()) {}

  Outcome<void> write(size_t slice, const tapster_batch& batch) {
    const std::string_view lines(batch.data, batch.size);
    const auto is_head = reaches_head(slice);
    if (!is_head) return tl::unexpected(is_head.error());
    if (*is_head) return whole_.append(lines);
    auto file = open_aside(slice);
    if (!file) return tl::unexpected(file.error());
    return file->append(lines);
  }

  Outcome<void> restart(size_t slice) {
    const auto is_head = reaches_head(slice);
    if (!is_head) return tl::unexpected(is_head.error());
    if (*is_head) return whole_.cut(finished_);
    auto file = open_aside(slice);
    if (!file) return tl::unexpected(file.error());
    return file->cut(0);
  }

  Outcome<void> finish(size_t slice) {
    const auto is_head = reaches_head(slice);
    if (!is_head) return tl::unexpected(is_head.error());
    const std::lock_guard lock(mutex_);
    finished_ = whole_.size();
    ++head_;
    return {};
  }

  // Cuts off what belongs to no finished slice, and forgets what was kept aside.
  Outcome<void> end() {
    for (const auto slice : aside_) ::unlink(aside_path(slice).c_str());
    aside_.clear();
    auto cut = whole_.cut(finished_);
    if (!cut) return cut;
    return whole_.sync();
  }

  [[nodiscard]] uint64_t finished() const { return finished_; }
  File& whole() { return whole_; }

 private:
  // Whether the slice is the head. One that has become it first moves what it kept aside.
  Outcome<bool> reaches_head(size_t slice) {
    const std::lock_guard lock(mutex_);
    if (slice != head_) return false;
    if (aside_.contains(slice)) {
      auto file = File::open(aside_path(slice));
      if (!file) return tl::unexpected(file.error());
      auto moved = whole_.append(*file);
      if (!moved) return tl::unexpected(moved.error());
      file->remove();
      aside_.erase(slice);
    }
    return true;
  }

  // Open for one write only: thousands of slices may wait for a slow head, and a process may have fewer files
  // open.
  Outcome<File> open_aside(size_t slice) {
    {
      const std::lock_guard lock(mutex_);
      aside_.insert(slice);
    }
    return File::open(aside_path(slice));
  }

  [[nodiscard]] fs::path aside_path(size_t slice) const {
    auto path = side_;
    path += fmt::format(".{:06}", slice);
    return path;
  }

  std::mutex mutex_;
  File whole_;
  fs::path side_;
  size_t head_ = 0;
  uint64_t finished_;       // the size of what belongs to finished slices
  std::set<size_t> aside_;  // slices that have a file of their own
};

class FileOutput : public Output {
 public:
  FileOutput(fs::path directory, bool appends) : directory_(std::move(directory)), appends_(appends) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) override {
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) return cannot("make the directory", directory_, error);
    for (const auto& stream : streams) {
      const auto& name = stream.alias;
      if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
        return fail(Exit::usage, fmt::format("the stream {} cannot have a file of its name in {}", name,
                                             directory_.string()));
      }
    }
    // All of them before the first file is opened: a name may begin with another.
    for (const auto& stream : streams) {
      auto removed = remove_leftovers(stream.alias);
      if (!removed) return removed;
    }
    for (const auto& stream : streams) {
      const auto& name = stream.alias;
      auto file = appends_ ? open_grown(name, state) : open_aside(name);
      if (!file) return tl::unexpected(file.error());
      streams_.push_back(std::make_unique<StreamFile>(*std::move(file), directory_ / ("." + name + ".part")));
      names_.push_back(name);
    }
    return {};
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    return streams_[slice.stream]->write(slice.number, batch);
  }
  Outcome<void> restart(SliceId slice) override { return streams_[slice.stream]->restart(slice.number); }
  Outcome<void> finish(SliceId slice) override { return streams_[slice.stream]->finish(slice.number); }

  Outcome<void> commit(State& state) override {
    if (!appends_) return {};
    for (size_t i = 0; i < streams_.size(); ++i) {
      const auto file = names_[i] + ".jsonl";
      if (state.committed(file) == streams_[i]->finished()) continue;
      auto synced = streams_[i]->whole().sync();
      if (!synced) return synced;
      state.set_committed(file, streams_[i]->finished());
    }
    return {};
  }

  Outcome<void> end(size_t stream, bool complete) override {
    auto ended = streams_[stream]->end();
    if (!ended || appends_) return ended;
    return streams_[stream]->whole().rename(directory_ /
                                            (names_[stream] + (complete ? ".jsonl" : ".incomplete.jsonl")));
  }

 private:
  // What an interrupted run kept aside, which would be taken for this run's.
  [[nodiscard]] Outcome<void> remove_leftovers(const std::string& name) const {
    const auto prefix = "." + name + ".part";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory_, error)) {
      if (!entry.path().filename().string().starts_with(prefix)) continue;
      fs::remove(entry.path(), error);
      if (error) return cannot("remove what an interrupted run left", entry.path(), error);
    }
    if (error) return cannot("look into", directory_, error);
    return {};
  }

  static tl::unexpected<Failure> cannot(std::string_view what, const fs::path& path,
                                        const std::error_code& why) {
    return fail(Exit::output, fmt::format("{}: cannot {}: {}", path.string(), what, why.message()));
  }

  Outcome<File> open_aside(const std::string& name) const {
    return File::open(directory_ / ("." + name + ".part"));
  }

  Outcome<File> open_grown(const std::string& name, State& state) const {
    const auto path = directory_ / (name + ".jsonl");
    std::error_code error;
    const uint64_t size = fs::exists(path, error) ? fs::file_size(path, error) : 0;
    if (error) return cannot("look at", path, error);
    const auto committed = state.committed(name + ".jsonl");
    if (size > 0 && !committed) {
      return fail(
          Exit::usage,
          fmt::format("{} is there already, and the state file knows nothing of it: move it away, or use the "
                      "state file that belongs to it",
                      path.string()));
    }
    if (size < committed.value_or(0)) {
      return fail(Exit::usage,
                  fmt::format("{} holds {} bytes, and the state file says that {} were written: put the file "
                              "back, or remove the state file and the files to read from the start",
                              path.string(), size, *committed));
    }
    auto file = File::open(path);
    if (!file) return file;
    auto cut = file->cut(committed.value_or(0));
    if (!cut) return tl::unexpected(cut.error());
    state.set_committed(name + ".jsonl", file->size());
    return file;
  }

  fs::path directory_;
  bool appends_;
  std::vector<std::unique_ptr<StreamFile>> streams_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Output> file_output(fs::path directory, bool appends) {
  return std::make_unique<FileOutput>(std::move(directory), appends);
}

}  // namespace tapster::host
