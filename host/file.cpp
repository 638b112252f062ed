#include "file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace tapster::host {

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

}  // namespace tapster::host
