#include "system/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <random>
#include <system_error>

#include "system/descriptor.hpp"

namespace tapster::host {

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

namespace {

// Writes all of the text, syncs it to disk, and closes the descriptor. The file gets the permissions `mode`,
// of which the umask may have taken some.
std::error_code write_and_close(int file, std::string_view text, std::optional<mode_t> mode) {
  std::error_code why;
  if (mode && ::fchmod(file, *mode) != 0) why = last_error();
  if (!why) why = write_all(file, text);
  // A file that is not on a disk, such as /dev/null, cannot be synced and need not be.
  if (!why && ::fsync(file) != 0 && errno != EINVAL) why = last_error();
  ::close(file);
  return why;
}

Failure not_written(const std::filesystem::path& path, const std::error_code& why) {
  return {Exit::output, fmt::format("{} cannot be written: {}", path.string(), why.message())};
}

// Whether the process can do this with the file or directory, with all that it is allowed to do.
bool may(int what, const std::filesystem::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

// A file beside the one that it will replace. It has its permissions before it has any content, which may be
// secret.
struct Aside {
  std::filesystem::path path;
  int descriptor;
};

constexpr mode_t usual_mode = 0644;
constexpr int new_file = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;

// Opens a new file with a random name. After a crash it may stay.
Outcome<Aside> open_unique(const std::filesystem::path& file, std::optional<mode_t> mode) {
  constexpr size_t longest = 200;  // of 255 bytes that a name may have
  std::random_device random;
  while (true) {
    const auto name = fmt::format(".{}.{:08x}.new", file.filename().string().substr(0, longest), random());
    const auto path = directory_of(file) / name;
    const int descriptor = ::open(path.c_str(), new_file, mode.value_or(usual_mode));
    if (descriptor >= 0) return Aside{path, descriptor};
    if (errno != EEXIST) return tl::unexpected(not_written(path, last_error()));
  }
}

// Opens FILE.new, and removes what a crash has left under that name.
Outcome<Aside> open_fixed(const std::filesystem::path& file, std::optional<mode_t> mode) {
  auto path = file;
  path += ".new";
  struct stat left {};
  if (::lstat(path.c_str(), &left) == 0) {
    if (!S_ISREG(left.st_mode))
      return fail(Exit::output,
                  fmt::format("{} cannot be written: it is not a regular file; remove it", path.string()));
    ::unlink(path.c_str());
  }
  const int descriptor = ::open(path.c_str(), new_file, mode.value_or(usual_mode));
  if (descriptor < 0) return tl::unexpected(not_written(path, last_error()));
  return Aside{path, descriptor};
}

// Gives the text to the file aside, and then the name of `file` to it. Removes it if that fails.
Outcome<void> put_in_place(const Aside& aside, const std::filesystem::path& file, std::string_view text,
                           std::string_view what, std::optional<mode_t> mode) {
  Outcome<void> done;
  if (const auto why = write_and_close(aside.descriptor, text, mode))
    done = tl::unexpected(not_written(aside.path, why));
  else if (::rename(aside.path.c_str(), file.c_str()) != 0)
    done = cannot(fmt::format("put {} in place", what), file, last_error());
  // A rename is on disk once its directory is synced.
  if (done) return sync_directory(directory_of(file));
  ::unlink(aside.path.c_str());
  return done;
}

// The permissions of a file; nothing if there is none.
std::optional<mode_t> mode_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return status.st_mode & 07777U;
}

}  // namespace

Outcome<std::string> read_file(const std::filesystem::path& path, size_t most) {
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
  remove_byte_order_mark(text);
  return text;
}

void remove_byte_order_mark(std::string& text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
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
  if (!exists && errno != ENOENT) return cannot("write", path, last_error());
  if (exists && S_ISDIR(file.st_mode)) return cannot("write", path, {EISDIR, std::generic_category()});
  const auto target = exists ? path : directory_of(follow_links(path));
  if (may(exists ? W_OK : W_OK | X_OK, target)) return {};
  return cannot("write", path, last_error());
}

Outcome<void> write_file(const std::filesystem::path& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, usual_mode);
  const auto why = file < 0 ? last_error() : write_and_close(file, text, std::nullopt);
  if (!why) return {};
  return tl::unexpected(not_written(path, why));
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
  const auto parent = directory_of(follow_links(path));
  if (!may(W_OK | X_OK, parent) && errno != ENOENT) return cannot("write", path, last_error());
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE | STATX_MNT_ID, &file) != 0) return {};  // not there yet
  if (!S_ISREG(file.stx_mode))
    return fail(Exit::usage,
                fmt::format("{} is not a regular file, so it cannot be replaced", path.string()));
  const bool is_mount_point = ::statx(AT_FDCWD, parent.c_str(), 0, STATX_MNT_ID, &directory) == 0 &&
                              file.stx_mnt_id != directory.stx_mnt_id;
  if (!is_mount_point) return {};
  return fail(Exit::usage, fmt::format("{} is a mount point of its own, so it cannot be replaced: mount the "
                                       "directory that it is in instead",
                                       path.string()));
}

Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, std::string_view what) {
  const auto file = follow_links(path);
  const auto mode = mode_of(file);
  const auto aside = open_unique(file, mode);
  return aside ? put_in_place(*aside, file, text, what, mode) : tl::unexpected(aside.error());
}

Outcome<void> replace_locked_file(const std::filesystem::path& path, std::string_view text,
                                  std::string_view what, std::optional<mode_t> mode) {
  const auto file = follow_links(path);
  if (!mode) mode = mode_of(file);
  const auto aside = open_fixed(file, mode);
  return aside ? put_in_place(*aside, file, text, what, mode) : tl::unexpected(aside.error());
}

tl::unexpected<Failure> cannot(std::string_view what, const std::filesystem::path& path,
                               const std::error_code& why) {
  return fail(Exit::output, fmt::format("{}: cannot {}: {}", path.string(), what, why.message()));
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

Outcome<void> sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::fsync(descriptor) == 0;
  const auto why = last_error();
  if (descriptor >= 0) ::close(descriptor);
  if (good) return {};
  return cannot("sync to disk", directory, why);
}

}  // namespace tapster::host
