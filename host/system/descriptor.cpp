#include "system/descriptor.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace tapster::host {

namespace {

// Waits until a descriptor can be written to. False on an error, which errno says.
bool wait_for_space(int descriptor) {
  pollfd file{descriptor, POLLOUT, 0};
  return ::poll(&file, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

std::error_code write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN && wait_for_space(descriptor)) {
      continue;  // another process that has the pipe made it non-blocking
    } else if (errno != EINTR) {
      return {errno, std::generic_category()};
    }
  }
  return {};
}

bool has_lost_reader(int descriptor) {
  pollfd file{descriptor, POLLOUT, 0};
  return ::poll(&file, 1, 0) > 0 && (file.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace tapster::host
