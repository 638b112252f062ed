#include "system/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "output/files/data_file.hpp"

namespace tapster::host {

namespace {}  // namespace

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
  return text;
}

Outcome<void> write_file(const std::filesystem::path& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool good = file >= 0;
  while (good && !text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written >= 0) text.remove_prefix(static_cast<size_t>(written));
    good = written >= 0 || errno == EINTR;
  }
  // What is no file on a disk, such as /dev/null, cannot be synced and need not be.
  good = good && (::fsync(file) == 0 || errno == EINVAL);
  const int why = errno;
  if (file >= 0) ::close(file);
  if (good) return {};
  return fail(Exit::output,
              fmt::format("{} cannot be written: {}", path.string(), std::generic_category().message(why)));
}

Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, std::string_view what) {
  auto aside = path;
  aside += ".new";
  auto written = write_file(aside, text);
  if (!written) return written;
  // A rename is on disk once its directory is.
  if (::rename(aside.c_str(), path.c_str()) == 0)
    return sync_directory(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
  return fail(Exit::output, fmt::format("{}: cannot put {} in place: {}", path.string(), what,
                                        std::generic_category().message(errno)));
}

}  // namespace tapster::host
