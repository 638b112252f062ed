#include "output/line_writer.hpp"

#include <fmt/format.h>

#include <system_error>

#include "system/descriptor.hpp"
#include "system/line_ends.hpp"

namespace tapster::host {

namespace {

// The size of a pipe. Each job has a buffer, so with many jobs larger ones would need much memory.
constexpr size_t buffer_size = size_t{64} << 10U;

}  // namespace

Outcome<void> LineWriter::write(std::string lines) {
  escape_line_ends(lines);
  return put(lines);
}

Outcome<void> LineWriter::put(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  const auto error = write_all(descriptor_, lines);
  if (error == std::errc::broken_pipe)
    return fail(Exit::output, "cannot write to standard output: its reader closed the pipe before the end");
  if (error) return fail(Exit::output, fmt::format("cannot write to standard output: {}", error.message()));
  return {};
}

Outcome<void> LineWriter::write_wrapped(const tapster_batch& batch, std::string_view before,
                                        std::string_view after) {
  thread_local std::string buffer;
  buffer.clear();
  std::string_view lines(batch.data, batch.size);
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    buffer.append(before).append(lines.substr(0, end)).append(after).push_back('\n');
    lines.remove_prefix(end + 1);
    if (buffer.size() < buffer_size && !lines.empty()) continue;
    auto written = put(buffer);
    if (!written) return written;
    buffer.clear();
  }
  return {};
}

}  // namespace tapster::host
