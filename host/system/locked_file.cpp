#include "system/locked_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "system/file.hpp"

namespace tapster::host {

Outcome<LockedFile> LockedFile::open(std::filesystem::path path, std::string_view what) {
  path = follow_links(std::move(path));  // lock the file that will be written
  auto replaceable = check_replaceable(path);
  if (!replaceable) return tl::unexpected(std::move(replaceable).error());
  auto lock_path = path;
  lock_path += ".lock";
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return cannot("make the lock", lock_path, last_error());
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const auto why = last_error();
    ::close(lock);
    if (why.value() != EWOULDBLOCK) return cannot("lock", lock_path, why);
    return fail(Exit::usage,
                fmt::format("{}: another run is using this {}; wait for it to end, or use another {}",
                            path.string(), what, what));
  }
  return LockedFile(std::move(path), lock);
}

LockedFile::LockedFile(LockedFile&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

// The lock file stays. If it were removed, two other runs could lock two different files of its name.
LockedFile::~LockedFile() {
  if (lock_ >= 0) ::close(lock_);
}

bool LockedFile::exists() const {
  std::error_code error;
  return std::filesystem::exists(path_, error) || error;
}

}  // namespace tapster::host
