#include "output/files/data_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "system/descriptor.hpp"

namespace tapster::host {

Outcome<DataFile> DataFile::open(std::filesystem::path path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0640);
  DataFile file(std::move(path), descriptor);
  if (descriptor < 0) return file.cannot("open");
  if (auto measured = file.measure(); !measured) return tl::unexpected(std::move(measured).error());
  return file;
}

DataFile::DataFile(DataFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

DataFile::~DataFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Outcome<void> DataFile::append(std::string_view data) {
  if (const auto error = write_all(descriptor_, data)) {
    (void)measure();  // some of the bytes may have been written
    return host::cannot("write", path_, error);
  }
  size_ += data.size();
  return {};
}

Outcome<size_t> DataFile::read(uint64_t at, char* buffer, size_t size) const {
  while (true) {
    const auto count = ::pread(descriptor_, buffer, size, static_cast<off_t>(at));
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return cannot("read back");
  }
}

Outcome<void> DataFile::cut(uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return cannot("cut");
  size_ = size;
  return {};
}

Outcome<void> DataFile::sync() const {
  // What is not on a disk, such as a pipe or /dev/null, cannot be synced and need not be.
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL) return cannot("sync to disk");
  return {};
}

Outcome<void> DataFile::rename(std::filesystem::path path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) return cannot("rename");
  path_ = std::move(path);
  return {};
}

void DataFile::remove() const {
  ::unlink(path_.c_str());
}

Outcome<void> DataFile::measure() {
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0) return cannot("stat");
  size_ = static_cast<uint64_t>(about.st_size);
  return {};
}

tl::unexpected<Failure> DataFile::cannot(std::string_view what) const {
  return host::cannot(what, path_, last_error());
}

Outcome<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DirectoryLock lock(descriptor);
  if (descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (descriptor >= 0 && errno == EWOULDBLOCK)
    return fail(Exit::usage,
                fmt::format("{}: another run is writing to it; wait for it to end, or use another "
                            "directory",
                            directory.string()));
  return cannot("lock it", directory, last_error());
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tapster::host
