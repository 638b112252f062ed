#include "output/line_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tapster::host {

namespace {

// Small enough to stay in the cache, large enough that the call does not count.
constexpr size_t buffer_size = size_t{256} << 10U;

}  // namespace

Outcome<void> Pipe::write(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  while (!lines.empty()) {
    const auto written = ::write(descriptor_, lines.data(), lines.size());
    if (written >= 0) {
      lines.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      return fail(Exit::output, "standard output: its reader went away before the end");
    } else if (errno != EINTR) {
      return fail(Exit::output, fmt::format("standard output: cannot write: {}", std::strerror(errno)));
    }
  }
  return {};
}

Outcome<void> Pipe::write_wrapped(const tapster_batch& batch, std::string_view before,
                                  std::string_view after) {
  thread_local std::string buffer;
  buffer.clear();
  std::string_view lines(batch.data, batch.size);
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    buffer.append(before).append(lines.substr(0, end)).append(after).push_back('\n');
    lines.remove_prefix(end + 1);
    if (buffer.size() < buffer_size && !lines.empty()) continue;
    auto written = write(buffer);
    if (!written) return written;
    buffer.clear();
  }
  return {};
}

}  // namespace tapster::host
