#include "system/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>

#include "system/descriptor.hpp"

namespace tapster::host {

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

namespace {

// Writes a file with the permissions `mode`, or those of any new file. A temporary one is removed if it
// cannot be written: it may have credentials.
Outcome<void> write_file(const std::filesystem::path& path, std::string_view text, std::optional<mode_t> mode,
                         bool is_temporary) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode.value_or(0644));
  bool good = file >= 0 && (!mode || ::fchmod(file, *mode) == 0);
  std::error_code why(errno, std::generic_category());
  if (good) {
    why = write_all(file, text);
    good = !why;
  }
  // A file that is not on a disk, such as /dev/null, cannot be synced and need not be.
  if (good && ::fsync(file) != 0 && errno != EINVAL) {
    why.assign(errno, std::generic_category());
    good = false;
  }
  struct stat status {};
  if (!good && is_temporary && file >= 0 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode))
    ::unlink(path.c_str());
  if (file >= 0) ::close(file);
  if (good) return {};
  return fail(Exit::output, fmt::format("{} cannot be written: {}", path.string(), why.message()));
}

}  // namespace

Outcome<std::string> read_file(const std::filesystem::path& path, size_t most) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const auto failed = [&](std::string_view what) {
    return fail(Exit::usage,
                fmt::format("{} {}: {}", path.string(), what, std::generic_category().message(errno)));
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed("cannot be opened");
  std::string text;
  std::array<char, 64UL * 1024> block{};
  for (;;) {
    const auto count = ::read(file, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      auto failure = failed("cannot be read");
      ::close(file);
      return failure;
    }
    if (count == 0) break;
    text.append(block.data(), static_cast<size_t>(count));
    if (text.size() > most) {
      ::close(file);
      return fail(Exit::usage, fmt::format("{} is longer than {} MiB", path.string(), most >> 20U));
    }
  }
  ::close(file);
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  return text;
}

Outcome<std::string> read_input(const std::filesystem::path& path, size_t most) {
  return read_file(path == "-" ? "/dev/stdin" : path, most);
}

std::string input_name(const std::filesystem::path& path) {
  return path == "-" ? "standard input" : path.string();
}

Outcome<void> check_writable(const std::filesystem::path& path) {
  struct stat file {};
  const bool exists = ::stat(path.c_str(), &file) == 0;
  if (!exists && errno != ENOENT) return cannot("write", path, {errno, std::generic_category()});
  if (exists && S_ISDIR(file.st_mode)) return cannot("write", path, {EISDIR, std::generic_category()});
  const auto target = exists ? path : directory_of(follow_links(path));
  if (::access(target.c_str(), exists ? W_OK : W_OK | X_OK) == 0) return {};
  return cannot("write", path, {errno, std::generic_category()});
}

Outcome<void> write_file(const std::filesystem::path& path, std::string_view text) {
  return write_file(path, text, std::nullopt, false);
}

std::filesystem::path follow_links(std::filesystem::path path) {
  constexpr int most_links = 40;  // as the kernel
  std::error_code error;
  for (int i = 0; i < most_links && std::filesystem::is_symlink(path, error); ++i)
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  return path;
}

Outcome<void> check_replaceable(const std::filesystem::path& path) {
  struct statx file {};
  struct statx directory {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE | STATX_MNT_ID, &file) != 0) return {};  // not there yet
  if (!S_ISREG(file.stx_mode))
    return fail(Exit::usage,
                fmt::format("{} is not a regular file, so it cannot be replaced", path.string()));
  const auto parent = directory_of(path);
  const bool is_mount_point = ::statx(AT_FDCWD, parent.c_str(), 0, STATX_MNT_ID, &directory) == 0 &&
                              file.stx_mnt_id != directory.stx_mnt_id;
  if (!is_mount_point) return {};
  return fail(Exit::usage, fmt::format("{} is a mount point of its own, so it cannot be replaced: mount the "
                                       "directory that it is in instead",
                                       path.string()));
}

Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, std::string_view what,
                           std::optional<mode_t> mode) {
  const auto file = follow_links(path);
  auto aside = file;
  aside += ".new";
  struct stat old {};
  if (!mode && ::stat(file.c_str(), &old) == 0) mode = old.st_mode & 07777U;
  auto written = write_file(aside, text, mode, true);
  if (!written) return written;
  // A rename is on disk once its directory is synced.
  if (::rename(aside.c_str(), file.c_str()) == 0) return sync_directory(directory_of(file));
  const std::error_code why(errno, std::generic_category());
  ::unlink(aside.c_str());
  return fail(Exit::output,
              fmt::format("{}: cannot put {} in place: {}", file.string(), what, why.message()));
}

tl::unexpected<Failure> cannot(std::string_view what, const std::filesystem::path& path,
                               const std::error_code& why) {
  return fail(Exit::output, fmt::format("{}: cannot {}: {}", path.string(), what, why.message()));
}

Outcome<void> sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::fsync(descriptor) == 0;
  const std::error_code why(errno, std::generic_category());
  if (descriptor >= 0) ::close(descriptor);
  if (good) return {};
  return cannot("sync to disk", directory, why);
}

}  // namespace tapster::host
